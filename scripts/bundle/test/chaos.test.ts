import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { eventually } from '@origin-stack/testkit/eventually';
import { beforeAll, expect, test } from 'vitest';
import type { HistoryLine } from '../../../chaos-tests/bundle/runChaos.ts';
import type { ScenarioResult } from '../../../chaos-tests/bundle/scenario.ts';
import { SCENARIOS } from '../../../chaos-tests/bundle/scenarios.ts';
import { CHECKOUT } from '../../lib/checkout.ts';
import { composeArgv, mustDocker } from '../compose.ts';
import { isWell, listContainers } from '../containers.ts';
import { stackOf } from './stack.ts';
import { type TheBundle, wellBundle } from './theBundle.ts';

const TIMEOUT_MS = 900_000;
/** The tests' own tenants are real to the product: others than those that its commands make. */
const CONFIRMED = ['--installation', 'localhost', '--deadline', '20'];

let bundle: TheBundle;
let stack: ReturnType<typeof stackOf>;

beforeAll(async () => {
  bundle = await wellBundle();
  stack = stackOf(bundle);
});

interface Report {
  passed: boolean;
  results: ScenarioResult[];
  left: string[];
  requests: number;
  files: { html: string; json: string; history: string };
}

/** As it was: every container well, alerts in their own time, the engine's policy in force. */
async function expectWhole() {
  const containers = await listContainers(bundle.dir);
  expect(containers.filter((one) => !isWell(one))).toEqual([]);
  const format = '{{.HostConfig.RestartPolicy.Name}}';
  const running = containers.filter(({ service }) => service !== 'migrate').map(({ id }) => id);
  const policies = await mustDocker(['inspect', '--format', format, ...running]);
  expect(new Set(policies.trim().split('\n'))).toEqual(new Set(['unless-stopped']));
  expect(await readFile(bundle.dir.envFile, 'utf8')).not.toContain('scaled-alerts');
}

test(
  'each scenario holds on the live bundle: nothing acknowledged is lost, alerts fire and resolve, all is whole again',
  async () => {
    const { code, stdout, stderr } = await stack('chaos', ...CONFIRMED, '--json');
    const report = JSON.parse(stdout) as Report;
    const wrong = report.results.filter(({ passed }) => !passed);
    expect(wrong, stderr).toEqual([]);
    expect(code, stderr).toBe(0);
    expect(report.left).toEqual([]);
    expect(report.results.map(({ name }) => name)).toEqual(SCENARIOS.map(({ name }) => name));
    for (const { name, times, outcomes, verdicts } of report.results) {
      expect(times.alert_fired_s, name).toBeGreaterThan(0);
      expect(times.recovered_s, name).toBeLessThanOrEqual(30);
      expect(outcomes.acknowledged, name).toBeGreaterThan(40);
      expect(Object.keys(verdicts).length, name).toBeGreaterThan(8);
    }
    const worker = report.results.find(({ name }) => name === 'worker-killed');
    expect(worker?.fault).toMatch(/, with [1-9]\d* of \d+ packs under way$/);
    const history = (await readFile(report.files.history, 'utf8')).trimEnd().split('\n');
    expect(history).toHaveLength(report.requests);
    const lines = history.map((line) => JSON.parse(line) as HistoryLine);
    // Without PostgreSQL some outcomes are not known: they are recorded as that, and not as failed.
    expect(
      lines.some(({ scenario, outcome }) => scenario === 'postgres-killed' && outcome === 'unknown'),
    ).toBe(true);
    const page = await readFile(report.files.html, 'utf8');
    for (const { name } of SCENARIOS) expect(page).toContain(name);
    await expectWhole();
  },
  TIMEOUT_MS,
);

test(
  'a run that is killed in the middle of a scenario is healed by itself',
  async () => {
    const argv = ['chaos', 'api-replica-killed', ...CONFIRMED, '--state-dir', bundle.dir.root];
    const child = spawn(process.execPath, ['scripts/main.ts', ...argv], {
      cwd: CHECKOUT,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    await eventually(() => expect(said).toContain('waiting for ServiceHealthCheckFailing'), {
      deadlineMs: 180_000,
      pollMs: 50,
    });
    child.kill('SIGKILL');
    await once(child, 'close');
    await eventually(expectWhole, { deadlineMs: 120_000, pollMs: 1_000 });
  },
  TIMEOUT_MS,
);

test('where others are served, it wants the public name typed and a time', async () => {
  expect(await stack('tenant', 'create', `real-${randomUUID().slice(0, 8)}`)).toMatchObject({ code: 0 });
  for (const args of [[], ['--installation', 'localhost'], ['--installation', 'other', '--deadline', '5']]) {
    const { code, stderr } = await stack('chaos', 'redis-killed', ...args);
    expect(code).toBe(3);
    expect(stderr).toContain('./stack chaos --installation localhost --deadline 15');
  }
});

test(
  'a bundle that is not well at the start is left alone, and named',
  async () => {
    const service = 'blackbox-exporter';
    await mustDocker(composeArgv(bundle.dir, 'stop', service));
    try {
      const { code, stderr } = await stack('chaos', 'redis-killed', ...CONFIRMED);
      expect(code).toBe(3);
      expect(stderr).toContain(service);
    } finally {
      await mustDocker(composeArgv(bundle.dir, 'start', service));
    }
  },
  TIMEOUT_MS,
);

test('a scenario that there is not names those that there are', async () => {
  const { code, stderr } = await stack('chaos', 'moon-falls-down');
  expect(code).toBe(2);
  expect(stderr).toContain(SCENARIOS.map(({ name }) => name).join(', '));
});
