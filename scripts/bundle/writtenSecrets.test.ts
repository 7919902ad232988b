import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Inspected } from '../audit/inspected.ts';
import { locateBundle } from './bundleDir.ts';
import { initBundle } from './initBundle.ts';
import { isUnread } from './whyOther.ts';
import { writtenNow } from './writtenSecrets.ts';

const WRITTEN = Date.parse('2030-01-01T00:00:00Z');

const container = (service: string, StartedAt: string, Running = true) =>
  ({
    Config: { Labels: { 'com.docker.compose.service': service } },
    State: { Running, StartedAt },
  }) as unknown as Inspected;

test.each([
  ['worker', '2029-12-31T23:59:59.999999999Z', true, true],
  ['worker', '2030-01-01T00:00:00.000000001Z', true, false],
  ['worker', '2029-12-31T23:59:59Z', false, false],
  ['api-b', '2029-12-31T23:59:59Z', true, true],
  ['redis', '2029-12-31T23:59:59Z', true, false],
])('%s since %s (running: %s) has not read its secret: %s', (service, since, isRunning, isStale) => {
  const writtenAt = { worker: WRITTEN, api: WRITTEN };
  expect(isUnread(container(service, since, isRunning), writtenAt)).toBe(isStale);
});

test.each([
  ['redis', 'operator-password', true],
  ['vault', 'seal-key', true],
  ['api', 'ca.crt', true],
  ['api', 'service-keys.json', false],
  ['api', 'tls.key', false],
  ['redis', 'tls.crt', false],
  ['cron', 'service-key', false],
  ['nginx', 'public.key', false],
  ['prometheus', 'service-key', false],
  ['alertmanager', 'alertmanager.yml', false],
] as const)(
  '%s is started anew when its %s is put back with its old time: %s',
  async (folder, file, isAnew) => {
    const root = mkdtempSync(join(tmpdir(), 'origin-written-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    const before = (await initBundle(locateBundle(root), {})).writtenAt;
    const [place, backup] = [join(root, 'secrets', folder, file), join(root, 'backup')];
    execFileSync('cp', ['-p', place, backup]);
    execFileSync('touch', ['-d', '2020-01-01', backup]);
    const startedAt = new Date().toISOString();
    execFileSync('cp', ['-p', '--remove-destination', backup, place]);
    const { writtenAt } = await initBundle(locateBundle(root), {});
    const { [folder]: at, ...others } = writtenAt;
    const { [folder]: atBefore, ...othersBefore } = before;
    expect(others).toEqual(othersBefore);
    if (!isAnew) expect(at).toBe(atBefore);
    const service = folder === 'api' ? 'api-a' : folder;
    expect(isUnread(container(service, startedAt), writtenAt)).toBe(isAnew);
    expect(folder in writtenNow({}, [`${folder}/${file}`])).toBe(isAnew);
  },
);
