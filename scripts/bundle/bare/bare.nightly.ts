import { join } from 'node:path';
import { ROUTED_SCOPES } from '@origin-stack/contract/scopes';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runTool } from '../../engine/runTool.ts';
import { CHECKOUT } from '../../lib/checkout.ts';
import { copyCheckout } from '../test/copyCheckout.ts';
import { type BareMachine, openBareMachine } from './bareMachine.ts';

/** More than a base image and Debian's root, less than all images. */
const LITTLE_BYTES = 700_000_000;
const HERE = '/root/origin-stack';

let machine: BareMachine;
const typed = (command: string) => machine.run(command, HERE);

beforeAll(async () => {
  machine = await openBareMachine();
  await copyCheckout(join(machine.root, HERE));
});

afterAll(async () => {
  await machine?.[Symbol.asyncDispose]();
});

// Each goes on where the one before it left the machine.

test('the launcher names the packages that it needs, and they are enough', async () => {
  const refused = await typed('./stack --version');
  expect(refused.code).toBe(3);
  const [install] = /apt-get install [a-z ]+/.exec(refused.output) ?? [];
  expect(install, refused.output).toBeDefined();
  const installed = await typed(`apt-get update && DEBIAN_FRONTEND=noninteractive ${install} --yes`);
  expect(installed.code, installed.output).toBe(0);
});

test('engine installs and starts one, once', async () => {
  const first = await typed('./stack engine --yes');
  expect(first.code, first.output).toBe(0);
  const second = await typed('./stack engine --yes');
  expect(second.code, second.output).toBe(0);
  expect(second.output).not.toContain('installing');
});

test('a disk with no room is named before anything starts, and when it fills up during a build', async () => {
  await using _full = await machine.fillDisk(LITTLE_BYTES);
  const refused = await typed('./stack up');
  expect(refused.code, refused.output).toBe(3);
  expect(refused.output).toContain('are free at /var/lib/docker');
  for (const path of ['compose/.env', 'secrets/ca']) {
    expect((await typed(`test -e ${path}`)).code, path).toBe(1);
  }

  const failed = await typed('./stack images');
  expect(failed.code, failed.output).toBe(1);
  expect(failed.output).toContain('the disk is full');
  expect(failed.output).toMatch(/^next: /m);
});

test('up builds everything from nothing and ends in the receipt', async () => {
  const startMs = performance.now();
  const up = await typed(`./stack up --url https://${machine.address} --bind ${machine.address}`);
  expect(up.code, up.output).toBe(0);
  expect(up.output).toContain('Self-check: ');
  process.stdout.write(
    `from nothing to the receipt: ${Math.round((performance.now() - startMs) / 1000)} s\n`,
  );

  const again = await typed('./stack up');
  expect(again.code, again.output).toBe(0);
  expect(again.output).not.toMatch(/image \w+ \(/);
});

test('the audit is clean, and the doctor knows of nothing that is broken', async () => {
  const audit = await typed('./stack audit');
  expect(audit.code, audit.output).toBe(0);
  const doctor = await typed('./stack doctor');
  expect(doctor.code, doctor.output).toBe(0);
});

test('demo passes from outside, with the certificate verified', async () => {
  const tenant = await typed('./stack tenant create acme');
  expect(tenant.code, tenant.output).toBe(0);
  const scopes = ROUTED_SCOPES.map((scope) => `--scope ${scope}`).join(' ');
  const key = await typed(`./stack key create acme --name outside ${scopes} --out /root/outside.key`);
  expect(key.code, key.output).toBe(0);
  const where = ['--url', `https://${machine.address}`, '--key-file', join(machine.root, 'root/outside.key')];
  const demo = (...trusted: string[]) =>
    runTool(process.execPath, [join(CHECKOUT, 'scripts/main.ts'), 'demo', ...where, ...trusted]);
  const trusting = await demo('--ca', join(machine.root, HERE, 'secrets/operator/public.crt'));
  expect(trusting.code, trusting.output).toBe(0);
  expect(trusting.output).toContain('every certificate and pack verified');
  const doubting = await demo();
  expect(doubting.code, doubting.output).toBe(3);
  expect(doubting.output).toContain('is not trusted here');
});
