import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CHECKOUT } from '../lib/checkout.ts';
import { findImage, type Image, imageList } from './imageList.ts';
import { planBuild } from './planBuild.ts';
import { runInOrder } from './runInOrder.ts';

const all = imageList.map(({ name }) => name);
const hashes = new Map(all.map((name) => [name, `hash of ${name}`]));
const planned = (names: string[], present: ReadonlyMap<string, string>) =>
  planBuild(names, { hashes, present }).map(({ name }) => name);

describe('planBuild', () => {
  it('takes the parents along, before their children', () => {
    expect(planned(['cron'], new Map())).toEqual(['base', 'go', 'app', 'cron']);
  });

  it('builds nothing whose inputs are the same', () => {
    expect(planned(all, hashes)).toEqual([]);
  });

  it('needs no parent of what is there: a loaded bundle brings none', () => {
    expect(planned(['redis'], new Map([['redis', 'hash of redis']]))).toEqual([]);
  });

  it('builds what was made from other inputs', () => {
    expect(planned(['redis', 'nginx'], new Map([...hashes, ['redis', 'another']]))).toEqual(['redis']);
  });
});

describe('runInOrder', () => {
  const signal = new AbortController().signal;

  it('builds a child after its parents, and never more at once than it may', async () => {
    const done: string[] = [];
    let atOnce = 0;
    let most = 0;
    await runInOrder([...imageList], { jobs: 2, signal }, async (image) => {
      most = Math.max(most, ++atOnce);
      for (const parent of Object.values(image.parents)) expect(done).toContain(parent);
      await sleep(1);
      done.push(image.name);
      atOnce -= 1;
    });
    expect(done.toSorted()).toEqual(all.toSorted());
    expect(most).toBe(2);
  });

  it('starts nothing after a failure, stops what runs and throws the first error', async () => {
    const started: string[] = [];
    const build = async (image: Image, stopped: AbortSignal) => {
      started.push(image.name);
      if (image.name === 'redis') throw new Error('redis failed');
      await sleep(60_000, undefined, { signal: stopped });
    };
    const images = ['redis', 'nginx', 'vault'].map(findImage);
    await expect(runInOrder(images, { jobs: 2, signal }, build)).rejects.toThrow('redis failed');
    expect(started).toEqual(['redis', 'nginx']);
  });
});

describe('imageList', () => {
  it.each(all)('has a Dockerfile for %s that takes its parents by name', (name) => {
    const text = readFileSync(join(CHECKOUT, 'compose/images', name, 'Dockerfile'), 'utf8');
    for (const argument of Object.keys(findImage(name).parents)) {
      expect(text).toContain(`ARG ${argument}\n`);
      expect(text).toContain(`FROM \${${argument}}`);
    }
  });

  it('names parents before children and only inputs that there are', () => {
    const seen = new Set<string>();
    for (const { name, parents, inputs } of imageList) {
      for (const parent of Object.values(parents)) expect(seen).toContain(parent);
      for (const input of inputs ?? []) expect(existsSync(join(CHECKOUT, input)), input).toBe(true);
      seen.add(name);
    }
  });

  it('runs every program as a number, and never as root', () => {
    for (const { name } of imageList.filter(({ purpose }) => purpose === 'runs')) {
      const text = readFileSync(join(CHECKOUT, 'compose/images', name, 'Dockerfile'), 'utf8');
      expect(text.match(/^USER .+$/gm)?.at(-1), name).toMatch(/^USER 10\d{3}:10\d{3}$/);
    }
  });
});
