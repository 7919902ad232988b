import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { METRICS } from '@origin-stack/core/infra/metrics';
import { preparePromtool, promtoolAvailable } from '@origin-stack/testkit/peers/promtool';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { CHECKOUT } from '../lib/checkout.ts';
import { alertRules, MOUNTED_AT, PROMETHEUS_FOLDER, ruleFiles } from './alertRules.ts';
import { metricsOf } from './metricsOf.ts';

const TESTS = join(PROMETHEUS_FOLDER, 'rules', 'tests');
const RUNBOOKS = join(CHECKOUT, 'docs', 'runbooks');

/** operations.md's twelve, DiskFillingUp, OutboxStalled, EvidenceMismatch, and the two that watch alerting itself. */
const WANTED = [
  'CircuitBreakerHalfOpen',
  'CircuitBreakerOpen',
  'DatabasePoolExhausted',
  'DatabasePoolLeaking',
  'DatabaseSlowQueries',
  'DiskFillingUp',
  'EvidenceMismatch',
  'HighErrorRate',
  'OutboxStalled',
  'QueueOverloaded',
  'RedisConnectionFailures',
  'ServiceHealthCheckFailing',
  'StorageGrowthHigh',
  'TLSCertificateExpiringSoon',
  'TLSCertificateExpiringWarning',
  'TargetMissing',
  'Watchdog',
];

/** Metrics of others, each with who gives it. Those of ours stand in METRICS and nginx.mtail. */
const OF_OTHERS: Record<string, string> = {
  up: 'Prometheus itself, for each target',
  probe_success: 'blackbox-exporter',
  pg_up: 'postgres-exporter',
  redis_up: 'redis-exporter, and our own processes',
  node_filesystem_avail_bytes: 'node-exporter, for each file system of the host',
  node_filesystem_size_bytes: 'node-exporter',
  node_filesystem_readonly: 'node-exporter',
  pg_database_size_bytes: 'postgres-exporter, for each database',
  minio_cluster_usage_total_bytes: 'MinIO, counted by its scanner',
  nginx_ssl_certificate_expiry_seconds: 'monitor-tls-certs, by node-exporter',
  nginx_ssl_certificate_not_before_seconds: 'monitor-tls-certs, by node-exporter',
};

const rules = alertRules();
const names = [...new Set(rules.map(({ alert }) => alert))].sort();
const available = promtoolAvailable();
const skipped = available.ok ? '' : ` (skipped: ${available.reason})`;

describe('every alert', () => {
  test('is one of those that are asked for', () => expect(names).toEqual(WANTED));

  test('has a severity, a topic that inhibition goes by, a summary, a description and a runbook that is there', async () => {
    const runbooks = await readdir(RUNBOOKS);
    for (const { alert, labels, annotations } of rules) {
      expect(['critical', 'warning', 'none'], alert).toContain(labels.severity);
      expect(Object.keys(labels).sort(), alert).toEqual(['severity', 'topic']);
      expect(Object.keys(annotations).sort(), alert).toEqual(['description', 'runbook_url', 'summary']);
      for (const text of Object.values(annotations)) expect(text.trim(), alert).not.toBe('');
      expect(annotations.runbook_url).toBe(`docs/runbooks/${alert}.md`);
      expect(runbooks).toContain(`${alert}.md`);
    }
  });

  test('has a runbook of its own, and no runbook is without an alert', async () => {
    expect((await readdir(RUNBOOKS)).sort()).toEqual(names.map((name) => `${name}.md`));
    for (const name of names) {
      expect(await readFile(join(RUNBOOKS, `${name}.md`), 'utf8')).toMatch(new RegExp(`^# ${name}\n`));
    }
  });

  test('has a rule test in which it fires, and one in which it is quiet', async () => {
    const looks = await everyLook();
    const tried = (isQuiet: boolean) =>
      [
        ...new Set(
          looks.filter(({ exp_alerts }) => (exp_alerts.length === 0) === isQuiet).map((one) => one.alertname),
        ),
      ].sort();
    expect(tried(false)).toEqual(names);
    // It fires whatever is measured.
    expect(tried(true)).toEqual(names.filter((name) => name !== 'Watchdog'));
  });

  test('reads only metrics that exist', async () => {
    const mtail = await readFile(join(PROMETHEUS_FOLDER, 'nginx.mtail'), 'utf8');
    const counted = [...mtail.matchAll(/^(?:counter|gauge|histogram) (\w+)/gm)].map(([, name]) => name);
    const known = [...Object.keys(METRICS), ...counted, ...Object.keys(OF_OTHERS)];
    const read = [...new Set(rules.flatMap(({ expr }) => metricsOf(expr)))];
    expect(read.length).toBeGreaterThan(12);
    const isKnown = (name: string) =>
      known.includes(name) || known.includes(name.replace(/_(bucket|count|sum)$/, ''));
    expect(read.filter((name) => !isKnown(name))).toEqual([]);
    expect(Object.keys(OF_OTHERS).filter((name) => !read.includes(name))).toEqual([]);
  });
});

test('the metrics of an expression are told from functions, labels, groupings and words in texts', () => {
  const expr = `sum by (job, le) (rate(a_bucket{le="b or c", x=~'d[0-9]'}[5m])) / on (e) group_left (f) g:h offset 1h > 1e9 and i or vector(2)`;
  expect(metricsOf(expr)).toEqual(['a_bucket', 'g:h', 'i']);
});

test('TargetMissing looks for every target of prometheus.yml', async () => {
  const text = await readFile(join(PROMETHEUS_FOLDER, 'prometheus.yml'), 'utf8');
  const { scrape_configs: jobs } = parse(text, { merge: true }) as { scrape_configs: Job[] };
  const targets = await Promise.all(jobs.map(targetsOf));
  const looksFor = rules
    .filter(({ alert }) => alert === 'TargetMissing')
    .flatMap(({ expr }) => [...expr.matchAll(/up\{job="([^"]+)", instance="([^"]+)"\}/g)])
    .map(([, job, instance]) => `${job} ${instance}`);
  expect(looksFor.sort()).toEqual(targets.flat().sort());
});

describe.skipIf(!available.ok)(`promtool${skipped}`, () => {
  let promtool: string;
  let dir: string;
  beforeAll(async () => {
    promtool = await preparePromtool();
    dir = await mkdtemp(join(tmpdir(), 'origin-stack-promtool-'));
  }, 300_000);
  afterAll(() => rm(dir, { recursive: true, force: true }));

  const judge = (...args: string[]) =>
    promisify(execFile)(promtool, args, { cwd: PROMETHEUS_FOLDER }).then(
      ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
      ({ code, stdout, stderr }) => ({ code, output: stdout + stderr }),
    );

  test('has nothing to say of any rule', async () => {
    const { code, output } = await judge('check', 'rules', '--lint=all', '--lint-fatal', ...ruleFiles());
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output.match(/SUCCESS: \d+ rules found/g)).toHaveLength(ruleFiles().length);
    expect(output).not.toMatch(/lint|error|duplicate/i);
  });

  test('has nothing to say of the configuration and what it names', async () => {
    await cp(PROMETHEUS_FOLDER, join(dir, 'etc'), { recursive: true });
    await mkdir(join(dir, 'secrets'));
    for (const file of ['ca.crt', 'tls.crt', 'tls.key', 'service-key']) {
      await writeFile(join(dir, 'secrets', file), 'x');
    }
    const text = await readFile(join(dir, 'etc', 'prometheus.yml'), 'utf8');
    const here = text
      .replaceAll(MOUNTED_AT, join(dir, 'etc'))
      .replaceAll('/run/secrets', join(dir, 'secrets'));
    const config = join(dir, 'prometheus.yml');
    await writeFile(config, here);
    const { code, output } = await judge('check', 'config', '--lint=all', '--lint-fatal', config);
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).toContain(`SUCCESS: ${ruleFiles().length} rule files found`);
    await writeFile(config, here.replace(join(dir, 'secrets', 'tls.key'), join(dir, 'none')));
    expect(await judge('check', 'config', config)).toMatchObject({ code: 1 });
  });

  test('sees each alert fire, and stay quiet, as the rule tests say', async () => {
    const files = (await readdir(TESTS)).map((file) => join(TESTS, file));
    expect(await judge('test', 'rules', ...files)).toMatchObject({ code: 0 });
  });

  test.each([
    ['dependencies', '> 0.9', '> 0.93'],
    ['dependencies', 'for: 1m', 'for: 45s'],
    ['health', 'for: 2m', 'for: 1m45s'],
    ['health', '> 0.05', '> 0.06'],
    ['capacity', '> 0.8', '> 0.79'],
    ['capacity', '< 0.1\n', '< 0.101\n'],
    ['capacity', 'offset 6h', 'offset 5h'],
    ['certificates', '- abs(7 * 86400', '+ abs(7 * 86400'],
  ])('the tests of %s notice %s where it becomes %s', async (file, from, to) => {
    const place = await mkdtemp(join(dir, 'mutant-'));
    await cp(PROMETHEUS_FOLDER, place, { recursive: true });
    const rule = join(place, 'rules', `${file}.yml`);
    const text = await readFile(rule, 'utf8');
    expect(text).toContain(from);
    await writeFile(rule, text.replace(from, to));
    const { code } = await judge('test', 'rules', join(place, 'rules', 'tests', `${file}.test.yml`));
    expect(code).toBe(1);
  });
});

interface Job {
  job_name: string;
  static_configs?: { targets: string[] }[];
  file_sd_configs?: { files: string[] }[];
}

async function targetsOf({ job_name: job, static_configs: fixed = [], file_sd_configs: files = [] }: Job) {
  const ofFiles = files.flatMap((one) => one.files).map((path) => path.replace('*', 'target'));
  const read = await Promise.all(
    ofFiles.map((path) => readFile(path.replace(MOUNTED_AT, PROMETHEUS_FOLDER), 'utf8')),
  );
  const groups = [...fixed, ...read.flatMap((text) => parse(text) as { targets: string[] }[])];
  return groups.flatMap(({ targets }) => targets.map((target) => `${job} ${target}`));
}

/** Every look at an alert of the rule tests. */
async function everyLook(): Promise<{ alertname: string; exp_alerts: object[] }[]> {
  const texts = await Promise.all((await readdir(TESTS)).map((file) => readFile(join(TESTS, file), 'utf8')));
  return texts.flatMap((text) =>
    parse(text).tests.flatMap((one: { alert_rule_test?: object[] }) => one.alert_rule_test ?? []),
  );
}
