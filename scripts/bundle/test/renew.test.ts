import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@origin-stack/testkit/eventually';
import { beforeAll, expect, test } from 'vitest';
import { askPostgres } from '../../doctor/askPostgres.ts';
import { CHECKOUT } from '../../lib/checkout.ts';
import { listContainers } from '../containers.ts';
import { IDENTITIES } from '../identities.ts';
import { isInForce, pairOf, surveyCertificates } from '../renewSurvey.ts';
import { CERTIFICATE_METRICS } from '../textfileFolder.ts';
import { inspectService } from './containerFaults.ts';
import { holdRedis } from './holdRedis.ts';
import { publicLoad } from './publicLoad.ts';
import { stackOf } from './stack.ts';
import { testClient } from './testClient.ts';
import { type TheBundle, theBundle } from './theBundle.ts';

const TIMEOUT_MS = 240_000;
let bundle: TheBundle;
let stack: ReturnType<typeof stackOf>;

beforeAll(async () => {
  bundle = await theBundle();
  stack = stackOf(bundle);
});

const survey = () => surveyCertificates(bundle.dir, AbortSignal.timeout(60_000));
const serialsOf = async () =>
  new Map((await survey()).pairs.map(({ identity, serial }) => [identity, serial]));

/** When each container's first process began. */
async function startTimes(): Promise<Record<string, string>> {
  const services = (await listContainers(bundle.dir)).map(({ service }) => service);
  const started = services.map(async (service) => [
    service,
    (await inspectService(bundle, service)).startedAt,
  ]);
  return Object.fromEntries(await Promise.all(started));
}

/** The server processes that serve the API's pools, which end with their connection. */
async function backendsOfApi(): Promise<string[]> {
  const sql = "select pid || ' ' || backend_start from pg_stat_activity where usename = 'origin_api'";
  return (await askPostgres(bundle.dir, sql)).split('\n').filter(Boolean);
}

/** Every listener serves what lies in its file, and nothing is due. */
async function expectAllInForce() {
  const found = await survey();
  expect(found.pairs.filter(({ due }) => due !== undefined)).toEqual([]);
  expect(found.running).toHaveLength(15);
  const other = found.running
    .filter((one) => !isInForce(found, one))
    .map(({ service, served }) => [service, served]);
  expect(other).toEqual([]);
}

test(
  'every certificate is renewed under load: no request fails, open connections go on and nothing restarts',
  async () => {
    const client = await testClient(bundle);
    const beganAt = Date.now();
    const [serials, started] = [await serialsOf(), await startTimes()];
    await using redis = await holdRedis(bundle);
    let before: string[] = [];
    const { accepted, failures } = await publicLoad(
      bundle,
      await bundle.secret('operator/test-key'),
      async () => {
        before = await backendsOfApi();
        expect(await redis.ping()).toBe('+PONG');
        const { code, stdout, stderr } = await stack('renew-certs', '--all', '--json');
        expect(code, stderr).toBe(0);
        expect(JSON.parse(stdout)).toMatchObject({ refused: {}, renewed: { length: IDENTITIES.length } });
        expect(await redis.ping()).toBe('+PONG');
        expect(stdout + stderr).not.toContain('PRIVATE KEY');
      },
    );
    // What the alerts go by says so at once, and not with the monitor's next look.
    const { mtimeMs } = await stat(join(bundle.dir.textfile, CERTIFICATE_METRICS));
    expect(mtimeMs).toBeGreaterThan(beganAt);
    expect(failures).toEqual({});
    expect(accepted.size).toBeGreaterThan(40);
    // A pool may give back one or another by itself meanwhile; a restart would end them all.
    const after = await backendsOfApi();
    const kept = before.filter((backend) => after.includes(backend));
    expect(before.length).toBeGreaterThan(20);
    expect(kept.length, `of ${before.length}`).toBeGreaterThan(before.length * 0.8);
    expect(await startTimes()).toEqual(started);
    for (const [identity, serial] of await serialsOf())
      expect(serial, identity).not.toBe(serials.get(identity));
    await expectAllInForce();
    // New connections of who calls: tools to PostgreSQL and Vault, the API's own to all that it needs.
    expect(await stack('tenant', 'list')).toMatchObject({ code: 0 });
    expect(await client.verifyLedger()).toMatchObject({ valid: true });
    expect(await stack('status')).toMatchObject({ code: 0 });
  },
  TIMEOUT_MS,
);

test('where nothing is due, nothing is done', async () => {
  const before = await serialsOf();
  const { code, stdout } = await stack('renew-certs');
  expect({ code, stdout }).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /^nothing to do: no certificate is due, and all are in force; the internal/,
    ),
  });
  expect(await serialsOf()).toEqual(before);
});

test(
  'what a killed run left, files renewed and not in force, is seen and finished by the next',
  async () => {
    const before = await bundle.secret('vault/tls.crt');
    const child = spawn(
      process.execPath,
      ['scripts/main.ts', 'renew-certs', '--all', '--state-dir', bundle.dir.root],
      { cwd: CHECKOUT, stdio: 'ignore' },
    );
    const ended = once(child, 'exit');
    await eventually(async () => (await bundle.secret('vault/tls.crt')) !== before, {
      deadlineMs: 60_000,
      pollMs: 2,
    });
    child.kill('SIGKILL');
    await ended;
    const left = await survey();
    const vault = left.running.find(({ service }) => service === 'vault');
    expect(vault?.served).not.toEqual([pairOf(left, 'vault').serial]);
    const planned = await stack('renew-certs', '--dry-run');
    expect(planned.stdout).toContain('vault: reload');
    const { code, stdout, stderr } = await stack('renew-certs', '--json');
    expect(code, stderr).toBe(0);
    // What is whole is not renewed once more.
    expect(JSON.parse(stdout).renewed).not.toContain('vault');
    await expectAllInForce();
  },
  TIMEOUT_MS,
);
