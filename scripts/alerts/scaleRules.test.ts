import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { preparePromtool, promtoolAvailable } from '@origin-stack/testkit/peers/promtool';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { COMPOSE_FILE, OVERLAYS } from '../bundle/bundleDir.ts';
import type { BundleSettings } from '../bundle/bundleSettings.ts';
import { goodSettings } from '../doctor/test/contextOf.ts';
import { alertRules, PROMETHEUS_FOLDER } from './alertRules.ts';
import { formatDuration, parseDuration } from './durations.ts';
import { scaledFiles } from './scaledFiles.ts';
import { scalePrometheus, scaleRules } from './scaleRules.ts';

const ruleOf = (rule: object) =>
  JSON.stringify({ groups: [{ name: 'g', rules: [{ alert: 'A', ...rule }] }] });
const scaled = (rule: object, factor: number) => parse(scaleRules(ruleOf(rule), factor)).groups[0].rules[0];
const exprOf = (expr: string, factor: number) => scaled({ expr }, factor).expr;

describe('durations', () => {
  test('are read as Prometheus writes them', () => {
    expect(['15s', '1h30m', '100ms', '1d', '2w'].map(parseDuration)).toEqual([
      15_000, 5_400_000, 100, 86_400_000, 1_209_600_000,
    ]);
    for (const text of ['', '5', 'm', '-5m', '5 m', '1.5h'])
      expect(() => parseDuration(text)).toThrow(RangeError);
  });

  test('are the same after they were written and read', () => {
    fc.assert(fc.property(fc.nat(1e10), (ms) => parseDuration(formatDuration(ms)) === ms));
  });
});

describe('scaled rules', () => {
  test('wait and look back for a part of the time, and are otherwise the same', () => {
    const labels = { severity: 'critical' };
    const annotations = { summary: 'for 2m, [5m]' };
    const rule = { expr: 'rate(a{b="[5m]"}[10m]) > 0.5', for: '2m', labels, annotations };
    expect(scaled(rule, 0.1)).toEqual({
      alert: 'A',
      expr: 'rate(a{b="[5m]"}[60s]) > 0.5',
      for: '12s',
      labels,
      annotations,
    });
  });

  test('wait a second at least, and look back far enough to see four scrapes', () => {
    expect(scaled({ expr: 'a', for: '15s' }, 1 / 60).for).toBe('1s');
    // Scrapes are 2 s apart then.
    expect(exprOf('rate(a[1m])', 1 / 60)).toBe('rate(a[8s])');
    expect(exprOf('rate(a[1m])', 0.5)).toBe('rate(a[30s])');
  });

  test('keep subqueries, and stay what they are by the factor 1', () => {
    expect(exprOf('max_over_time(a[10m:1m])', 0.1)).toBe('max_over_time(a[60s:6s])');
    expect(exprOf('max_over_time(a[10m:])', 0.1)).toBe('max_over_time(a[60s:])');
    expect(exprOf('rate(a[5m])', 1)).toBe('rate(a[300s])');
  });

  test.each([0, -1, 1.5, Number.NaN])('are refused by the factor %d', (factor) => {
    expect(() => scaleRules(ruleOf({ expr: 'a' }), factor)).toThrow(RangeError);
  });
});

test('a scaled configuration scrapes and judges more often, and reads the scaled rules in the place of the others', async () => {
  const text = await readFile(join(PROMETHEUS_FOLDER, 'prometheus.yml'), 'utf8');
  const {
    global,
    rule_files: files,
    ...rest
  } = parse(scalePrometheus(text, 0.05, '/s.yml'), { merge: true });
  expect(global).toEqual({ scrape_interval: '2s', scrape_timeout: '2s', evaluation_interval: '1s' });
  expect(files).toEqual(['/s.yml', '/etc/origin/vault/*.rules', '/etc/origin/minio/*.rules']);
  const { global: _, rule_files: __, ...before } = parse(text, { merge: true });
  expect(rest).toEqual(before);
});

describe('the overlay scaled-alerts', () => {
  const settings = (more: Record<`ORIGIN_${string}`, string>): BundleSettings => ({
    ...goodSettings,
    ...more,
  });
  const on = (scale: string) =>
    settings({ ORIGIN_OVERLAYS: 'versitygw,scaled-alerts', ORIGIN_ALERT_SCALE: scale });

  test('makes no file where it is not in force, whatever the setting says', async () => {
    expect(await scaledFiles(settings({ ORIGIN_ALERT_SCALE: '20' }))).toEqual([]);
  });

  test.each(['', '1', '61', '0.5', 'x'])('refuses the scale "%s"', async (scale) => {
    await expect(scaledFiles(on(scale))).rejects.toMatchObject({ exitCode: 2 });
  });

  test('starts Prometheus as compose.yml does, but for its configuration', async () => {
    const read = async (file: string) =>
      parse(await readFile(file, 'utf8'), { merge: true, logLevel: 'error' }).services.prometheus
        .command as string[];
    const [base, own] = [await read(COMPOSE_FILE), await read(join(OVERLAYS, 'scaled-alerts.yml'))];
    const isConfig = (flag: string) => flag.startsWith('--config.file=');
    expect(own.filter((flag) => !isConfig(flag))).toEqual(base.filter((flag) => !isConfig(flag)));
    expect(own.find(isConfig)).toBe('--config.file=/run/secrets/scaled-prometheus.yml');
  });

  const available = promtoolAvailable();
  const skipped = available.ok ? '' : ` (skipped: ${available.reason})`;
  test.skipIf(!available.ok).each(['2', '20', '60'])(
    `makes rules by %s that promtool has nothing to say of${skipped}`,
    async (scale) => {
      const [config, rules] = await scaledFiles(on(scale));
      expect(config).toMatchObject({ folder: 'prometheus', file: 'scaled-prometheus.yml' });
      const dir = await mkdtemp(join(tmpdir(), 'origin-stack-scaled-'));
      onTestFinished(() => rm(dir, { recursive: true }));
      const file = join(dir, 'rules.yml');
      await writeFile(file, rules?.content ?? '');
      const check = ['check', 'rules', '--lint=all', '--lint-fatal', file];
      const { stdout } = await promisify(execFile)(await preparePromtool(), check);
      // Those beside a target stay where they are.
      const all = alertRules().filter((rule) => rule.file.startsWith('rules/'));
      expect(stdout).toContain(`SUCCESS: ${all.length} rules found`);
    },
  );
});
