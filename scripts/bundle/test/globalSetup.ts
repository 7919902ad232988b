import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '@origin-stack/core/infra/embedded/freePort';
import type { TestProject } from 'vitest/node';
import { CHECKOUT } from '../../lib/checkout.ts';
import { freeSubnet, removeProject, removeTestProjects } from './testProject.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The state directory of the bundle under test. */
    bundle: string;
  }
}

const PROJECT = 'origin-test';
const UP_DEADLINE_MS = 30 * 60_000;

/**
 * Brings up one bundle for the whole run by the command that operators type, and gives vitest what takes it down with
 * its volumes. With ORIGIN_TEST_BUNDLE set to a state directory, that bundle is used and left as it is.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.ORIGIN_TEST_BUNDLE;
  if (given) {
    project.provide('bundle', given);
    return async () => {};
  }
  await removeTestProjects();
  const root = await mkdtemp(join(tmpdir(), 'origin-stack-bundle-'));
  const stop = async () => {
    await removeProject(PROJECT);
    await rm(root, { recursive: true, force: true });
  };
  try {
    const [https, http] = [await freePort(), await freePort()];
    const where = ['--state-dir', root, '--project', PROJECT, '--subnet', await freeSubnet()];
    const ports = ['--url', `https://localhost:${https}`, '--http-port', String(http)];
    await promisify(execFile)(process.execPath, ['scripts/main.ts', 'up', ...where, ...ports], {
      cwd: CHECKOUT,
      timeout: UP_DEADLINE_MS,
      maxBuffer: 64 * 1024 * 1024,
    });
    project.provide('bundle', root);
    // For test files elsewhere that look at a bundle where there is one.
    process.env.ORIGIN_TEST_BUNDLE = root;
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
}
