import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@origin-stack/testkit/eventually';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { auditBundle } from '../../audit/auditBundle.ts';
import { CHECKOUT } from '../../lib/checkout.ts';
import type { LoadReport } from '../../load/loadReport.ts';
import { docker, mustDocker } from '../compose.ts';
import { inspectService } from './containerFaults.ts';
import { type Ran, stackOf } from './stack.ts';
import { type TheBundle, wellBundle } from './theBundle.ts';

/** The first load builds k6. */
const TIMEOUT_MS = 900_000;
const WELL_WITHIN_MS = 120_000;

let bundle: TheBundle;
let stack: ReturnType<typeof stackOf>;
let folder: string;
let container: string;

beforeAll(async () => {
  bundle = await wellBundle();
  stack = stackOf(bundle);
  container = `${bundle.settings.COMPOSE_PROJECT_NAME}-k6`;
  folder = await mkdtemp(join(tmpdir(), 'origin-stack-load-'));
  // Other tests have tenants here that no command of ours made.
  expect(await stack('tenant', 'create', `shop-${Date.now()}`)).toMatchObject({ code: 0 });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const isThere = async () => (await docker(['inspect', container])).code === 0;
const isRunning = async () =>
  (await docker(['inspect', '--format', '{{.State.Running}}', container])).stdout.trim() === 'true';

/** A load at work, and what became of it. */
async function loadAtWork(...args: string[]) {
  const child = spawn(
    process.execPath,
    ['scripts/main.ts', 'load', ...args, '--yes', '--state-dir', bundle.dir.root],
    { cwd: CHECKOUT, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  onTestFinished(() => void child.kill('SIGTERM'));
  const ran: Ran = { code: -1, stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    ran.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    ran.stderr += chunk;
  });
  const ended = once(child, 'close').then(([code]) => ({ ...ran, code: (code as number | null) ?? -1 }));
  const began = eventually(() => isRunning(), { deadlineMs: TIMEOUT_MS, pollMs: 200 });
  await Promise.race([began, ended]);
  return { child, ended, said: () => ran.stderr };
}

async function reportOf(name: string): Promise<LoadReport> {
  return JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')) as LoadReport;
}

test(
  'smoke passes on a bundle that is well, hardened and told its key by its input alone, and leaves nothing behind',
  async () => {
    const load = await loadAtWork('smoke', '--duration', '15', '--report', join(folder, 'smoke.html'));
    const { verdicts, drift } = await auditBundle(bundle.dir);
    const shown = await mustDocker(['inspect', container]);
    const ran = await load.ended;
    expect(ran.code, ran.stderr + ran.stdout).toBe(0);
    expect(ran.stdout).toContain('PASSED');

    const ofK6 = verdicts.filter(({ service }) => service === 'k6');
    expect(ofK6.length).toBeGreaterThan(20);
    expect(ofK6.filter(({ result }) => result === 'gap')).toEqual([]);
    expect(drift.filter(({ subject }) => subject.includes('k6'))).toEqual([]);
    const key = await bundle.secret('operator/load-key');
    expect(key).toMatch(/^ok_live_/);
    for (const text of [shown, ran.stdout, ran.stderr]) expect(text).not.toContain(key.trim());

    expect(await isThere()).toBe(false);
    const report = await reportOf('smoke');
    expect(report).toMatchObject({ passed: true, failed: 0, dropped: 0, words: [] });
    expect(report.scenarios.map(({ scenario }) => scenario)).toEqual([
      ...['ingest', 'repeat', 'read', 'certificate', 'pack', 'refused'],
    ]);
    for (const { scenario, requests, p95_ms: p95 } of report.scenarios) {
      expect(requests, scenario).toBeGreaterThanOrEqual(6);
      expect(p95, scenario).toBeGreaterThan(0);
    }
    expect(report.checks.length).toBeGreaterThan(15);
    for (const { name, passed } of report.checks) expect(passed, name).toBeGreaterThan(0);
    expect(report.cpu?.generator_cores).toBeGreaterThan(0);
    expect(report.cpu?.services.map(({ service }) => service)).toEqual(
      expect.arrayContaining(['api-a', 'api-b', 'postgres', 'nginx']),
    );
    const page = await readFile(join(folder, 'smoke.html'), 'utf8');
    expect(page).toContain('Passed');
    expect(page).not.toMatch(/<script|https?:\/\/(?!localhost)/);
  },
  TIMEOUT_MS,
);

test(
  'steady passes at a rate that any host holds: it ingests and reads, and each of its checks is asked',
  async () => {
    const report = join(folder, 'steady.html');
    const ran = await stack(
      ...['load', 'steady', '--rate', '4', '--duration', '10', '--report', report, '--yes'],
    );
    expect(ran.code, ran.stderr + ran.stdout).toBe(0);
    expect(ran.stdout).toContain('PASSED');
    const steady = await reportOf('steady');
    expect(steady).toMatchObject({ passed: true, failed: 0, dropped: 0 });
    const requests = Object.fromEntries(
      steady.scenarios.map(({ scenario, requests: sent }) => [scenario, sent]),
    );
    expect(requests).toEqual({ ingest: expect.any(Number), read: expect.any(Number) });
    expect(requests.ingest).toBeGreaterThanOrEqual(36);
    expect(requests.read).toBeGreaterThanOrEqual(9);
    // One read in ten is a page, four are an upload, five a certificate.
    expect(new Set(steady.checks.map(({ name }) => name.split(':')[0]))).toEqual(
      new Set(['ingest', 'uploads', 'upload', 'certificate']),
    );
    for (const { name, passed, failed } of steady.checks) {
      expect(passed, name).toBeGreaterThan(0);
      expect(failed, name).toBe(0);
    }
    expect(steady.cpu?.generator_cores).toBeGreaterThan(0);
    expect(await isThere()).toBe(false);
  },
  TIMEOUT_MS,
);

test(
  'a rate far above what the host holds ends with exit 1 and names the thresholds that it crossed',
  async () => {
    const report = join(folder, 'over.html');
    const ran = await stack(
      'load',
      'steady',
      '--rate',
      '900',
      '--duration',
      '8',
      '--report',
      report,
      '--yes',
    );
    expect(ran.code, ran.stderr).toBe(1);
    expect(ran.stdout).toContain('FAILED');
    expect(ran.stdout).toMatch(/✗ dropped_iterations: count==0, but \d+/);
    expect(ran.stdout).toMatch(/✗ http_req_duration\{scenario:ingest\}: p\(95\)<1000, but \d+/);
    expect(await reportOf('over')).toMatchObject({ passed: false });
    expect(await isThere()).toBe(false);
    await eventually(async () => expect((await stack('status')).code).toBe(0), {
      deadlineMs: WELL_WITHIN_MS,
      pollMs: 1_000,
    });
  },
  TIMEOUT_MS,
);

test(
  'Ctrl-C ends it and its container, and a second load meanwhile is told who is at work',
  async () => {
    const load = await loadAtWork('steady', '--rate', '2', '--duration', '600');
    const second = await stack('load', 'smoke', '--yes');
    expect(second).toMatchObject({ code: 4, stdout: '' });
    expect(second.stderr).toContain('another run is at work: ./stack load');
    await eventually(() => expect(load.said()).toContain('callers at work'), { deadlineMs: 30_000 });
    load.child.kill('SIGINT');
    const ran = await load.ended;
    expect(ran.code, ran.stderr).toBe(130);
    expect(await isThere()).toBe(false);
  },
  TIMEOUT_MS,
);

test('where tenants of somebody are served it asks, names them, and starts nothing', async () => {
  const ran = await stack('load', 'smoke');
  expect(ran).toMatchObject({ code: 3, stdout: '' });
  expect(ran.stderr).toContain('load was not confirmed');
  expect(ran.stderr).toMatch(/the tenants? \S+.* would wait longer/);
  expect(ran.stderr).toMatch(/\.\/stack load smoke --state-dir \S+ --yes/);
  expect(await isThere()).toBe(false);
});

test(
  'a bundle of which a service is down is refused by the name of that service, before anything is sent',
  async () => {
    const { id } = await inspectService(bundle, 'mtail');
    await mustDocker(['stop', id]);
    try {
      const ran = await stack('load', 'smoke', '--yes');
      expect(ran).toMatchObject({ code: 3, stdout: '' });
      expect(ran.stderr).toContain('not well: mtail');
      expect(ran.stderr).toContain('./stack logs mtail');
      expect(await isThere()).toBe(false);
    } finally {
      await mustDocker(['start', id]);
    }
    await eventually(async () => expect((await inspectService(bundle, 'mtail')).health).toBe('healthy'), {
      deadlineMs: WELL_WITHIN_MS,
      pollMs: 500,
    });
  },
  TIMEOUT_MS,
);

test('a folder without a bundle is refused with what to type', async () => {
  const ran = await stackOf({ ...bundle, dir: { ...bundle.dir, root: folder } })('load', 'steady');
  expect(ran).toMatchObject({ code: 3, stdout: '' });
  expect(ran.stderr).toContain('there is no bundle here');
  expect(ran.stderr).toContain('./stack up');
});
