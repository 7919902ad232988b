import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { eventually } from '@origin-stack/testkit/eventually';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import {
  type KeyCalls,
  openInternalCaller,
  ROUTES,
  type RouteName,
  startKeyCallers,
} from '../../bench/keyCallers.ts';
import { CHECKOUT } from '../../lib/checkout.ts';
import { askListener, lookWhoRuns } from '../keys/askListeners.ts';
import { readKeyAudit } from '../keys/keyAudit.ts';
import { SERVICE_KEYS, type ServiceName, serviceKeyOf } from '../keys/serviceKeys.ts';
import { openProbe } from './openProbe.ts';
import { stackOf } from './stack.ts';
import { type TheBundle, theBundle } from './theBundle.ts';

let bundle: TheBundle;
let stack: ReturnType<typeof stackOf>;
let sinceMs: number;

beforeAll(async () => {
  bundle = await theBundle();
  stack = stackOf(bundle);
  sinceMs = Date.now();
});

const keyOf = (service: ServiceName) => {
  const { folder, file } = serviceKeyOf(service);
  return bundle.secret(`${folder}/${file}`);
};

/** Whose key each listener takes it for. */
async function takenFor(key: string): Promise<(string | undefined)[]> {
  const { listeners } = await lookWhoRuns(bundle.dir);
  expect(listeners.map(({ service }) => service)).toEqual(['api-a', 'api-b', 'worker']);
  return Promise.all(listeners.map(async (listener) => (await askListener(listener, [key]))[0]?.service));
}

const everywhere = (service: string | undefined) => [service, service, service];
const NO_FAILURE = SERVICE_KEYS.map(({ service }) => ({ service, failures: {} }));
const expectNoFailure = (calls: KeyCalls[]) => {
  expect(calls).toMatchObject(NO_FAILURE);
  for (const { answered } of calls) expect(answered).toBeGreaterThan(20);
};

test('all keys rotate under load without a failed request; old ones open nothing afterwards', async () => {
  const services = SERVICE_KEYS.map(({ service }) => service);
  const old = await Promise.all(services.map(keyOf));
  const callers = await startKeyCallers(bundle.dir);
  const { code, stdout, stderr } = await stack('rotate-api-key', '--force', '--json');
  // Some more, by the new keys alone.
  await sleep(1_000);
  expectNoFailure(await callers.stop());
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    rotated: services.map((service) => ({
      service,
      finished_an_earlier_run: false,
      old_key_used_elsewhere_at: null,
    })),
    listeners: ['api-a', 'api-b', 'worker'],
  });
  for (const [index, service] of services.entries()) {
    expect(await takenFor(await keyOf(service))).toEqual(everywhere(service));
    expect(await takenFor(old[index] ?? '')).toEqual(everywhere(undefined));
    expect(`${stdout}${stderr}`).not.toContain(old[index]);
  }
}, 240_000);

test('the key of each opens its own routes and no other', async () => {
  const caller = await openInternalCaller(bundle.dir);
  onTestFinished(() => caller.close());
  const found: Partial<Record<ServiceName, RouteName[]>> = {};
  for (const { service } of SERVICE_KEYS) {
    const key = await keyOf(service);
    for (const name of Object.keys(ROUTES) as RouteName[]) {
      const status = await caller.call(name, key);
      const { isLetIn }: { isLetIn: readonly string[] } = ROUTES[name];
      if (isLetIn.includes(status)) found[service] = [...(found[service] ?? []), name];
      else expect(status, `${service} at ${name}`).toBe('403');
    }
  }
  const metrics = ['metricsOfApi', 'metricsOfOtherApi', 'metricsOfWorker'];
  expect(found).toEqual({
    operator: metrics,
    prometheus: metrics,
    alertmanager: ['alerts'],
    cron: ['ledgerVerification'],
  });
  expect(await caller.call('metricsOfApi', 'ok_svc_none')).toBe('401');
});

test.each([
  ['killed while the lists are written', /the listeners take/, 'SIGKILL'],
  ['killed while callers change', /callers change/, 'SIGKILL'],
  ['interrupted while callers change', /callers change/, 'SIGINT'],
] as const)(
  'a rotation that is %s fails nobody, and the next run finishes it',
  async (_, at, signal) => {
    const old = await keyOf('prometheus');
    const callers = await startKeyCallers(bundle.dir);
    const argv = ['--service', 'prometheus', '--force', '--state-dir', bundle.dir.root];
    const child = spawn(join(CHECKOUT, 'scripts/rotate-api-key'), argv, {
      cwd: tmpdir(),
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    await eventually(() => expect(said).toMatch(at), { deadlineMs: 60_000, pollMs: 5 });
    process.kill(-(child.pid ?? 0), signal);
    const [code] = await once(child, 'close');
    expect(code).toBe(signal === 'SIGINT' ? 130 : null);
    if (signal === 'SIGINT') expect(said).toMatch(/both stay valid.*\.\/stack rotate-api-key --force/);
    const status = await stack('rotate', '--status');
    expect([status.code, status.stdout]).toEqual([1, expect.stringMatching(/prometheus .*unfinished/)]);
    const finished = await stack('rotate-api-key', '--service', 'prometheus', '--force', '--json');
    expectNoFailure(await callers.stop());
    expect(JSON.parse(finished.stdout)).toMatchObject({
      rotated: [{ service: 'prometheus', finished_an_earlier_run: true }],
    });
    expect(await takenFor(await keyOf('prometheus'))).toEqual(everywhere('prometheus'));
    expect(await takenFor(old)).toEqual(everywhere(undefined));
    expect(await readdir(join(bundle.dir.secrets, 'prometheus'))).not.toContain('service-key.next');
    expect((await readKeyAudit(bundle.dir)).problem).toBeUndefined();
  },
  240_000,
);

test('two runs at once: the second is told who is at work', async () => {
  const [one, other] = await Promise.all([
    stack('rotate-api-key', '--service', 'cron', '--force'),
    sleep(2_000).then(() => stack('rotate-api-key', '--service', 'cron', '--force')),
  ]);
  expect(one.code, one.stderr).toBe(0);
  expect(other.code).toBe(4);
  expect(other.stderr).toContain('another run is at work: ./stack rotate-api-key');
}, 180_000);

test.each([
  ['rotate-api-key', '--service', 'grafana', '--force'],
  ['generate-api-key', '--service', 'worker'],
])('%s of a service without a key of its own names those that have one', async (...args) => {
  const { code, stderr } = await stack(...args);
  expect(code).toBe(2);
  expect(stderr).toContain('operator, prometheus, alertmanager, cron');
});

test('generate-api-key has nothing to do while each has its key', async () => {
  const { code, stdout } = await stack('generate-api-key');
  expect([code, stdout]).toEqual([0, expect.stringContaining('nothing to do')]);
});

test('generate-api-key makes the one that was lost: it counts at once, and the lost one no more', async () => {
  const lost = await keyOf('cron');
  await rm(join(bundle.dir.secrets, 'cron/service-key'));
  const { stdout } = await promisify(execFile)(
    join(CHECKOUT, 'scripts/generate-api-key'),
    ['--service', 'cron', '--state-dir', bundle.dir.root],
    { cwd: tmpdir() },
  );
  expect(stdout).toContain('secrets/cron/service-key');
  const made = await keyOf('cron');
  expect(stdout).not.toContain(made);
  expect(await takenFor(made)).toEqual(everywhere('cron'));
  expect(await takenFor(lost)).toEqual(everywhere(undefined));
}, 60_000);

test('Prometheus goes on with its new key: every target of ours is up, and was all the time', async () => {
  await using probe = await openProbe(bundle, 'monitoring');
  const tls = await bundle.identity('prometheus');
  // Every target was asked twice at the least.
  await sleep(Math.max(0, sinceMs + 35_000 - Date.now()));
  const seconds = Math.floor((Date.now() - sinceMs) / 1000);
  const query = encodeURIComponent(`min_over_time(up{job=~"api|worker"}[${seconds}s])`);
  const [answer] = (await probe.run('askPrometheus', { tls, paths: [`query?query=${query}`] })) as [
    { result: { value: [number, string] }[] },
  ];
  expect(answer.result.map(({ value }) => value[1])).toEqual(['1', '1', '1']);
}, 60_000);
