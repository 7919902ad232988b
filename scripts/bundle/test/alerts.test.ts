import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@origin-stack/testkit/eventually';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { alertRules } from '../../alerts/alertRules.ts';
import { setAlertScale } from '../../alerts/alertScale.ts';
import { askMonitoring } from '../../alerts/askMonitoring.ts';
import { reloadMonitoring } from '../../alerts/reloadMonitoring.ts';
import { composeArgv, mustDocker } from '../compose.ts';
import { initBundle } from '../initBundle.ts';
import { inspectService, logOf } from './containerFaults.ts';
import { type AlertReceivers, type Notification, openAlertReceivers } from './openAlertReceivers.ts';
import { stackOf } from './stack.ts';
import { type TheBundle, theBundle } from './theBundle.ts';

const SCALE = 20;
/** Two minutes divided by the scale, scrapes, groups, and a busy host. */
const ARRIVES = { deadlineMs: 60_000, pollMs: 250 };
const UP_MS = 400_000;
const OVERLAYS = ['alert-webhook', 'alert-mail', 'alert-watchdog'];

let bundle: TheBundle;
let stack: ReturnType<typeof stackOf>;
let dir: string;
let receivers: AlertReceivers;
let alertmanagerBefore: string;

const startOf = async (service: string) => (await inspectService(bundle, service)).startedAt;
const compose = (...args: string[]) => mustDocker(composeArgv(bundle.dir, ...args));

beforeAll(async () => {
  bundle = await theBundle();
  stack = stackOf(bundle);
  dir = await mkdtemp(join(tmpdir(), 'origin-stack-alerts-'));
  receivers = await openAlertReceivers(await wayOut());
  alertmanagerBefore = await startOf('alertmanager');
  const { webhookUrl, mail, ca } = receivers;
  const given = {
    'alert-webhook-url': `${webhookUrl}/people`,
    'alert-watchdog-url': `${webhookUrl}/watchdog`,
    'alert-mail-password': mail.password,
    'alert-ca.crt': ca,
  };
  for (const [name, content] of Object.entries(given)) await writeFile(join(dir, name), content);
  const settings = {
    ORIGIN_ALERT_SCALE: String(SCALE),
    ORIGIN_ALERT_MAIL_TO: 'ops@example.com,night@example.com',
    ORIGIN_ALERT_MAIL_FROM: 'origin@example.com',
    ORIGIN_ALERT_MAIL_SERVER: mail.server,
    ORIGIN_ALERT_MAIL_USER: mail.user,
  };
  const { code, stderr } = await stack(
    'up',
    ...[...OVERLAYS, 'scaled-alerts'].flatMap((name) => ['--overlay', name]),
    ...Object.entries(settings).flatMap(([name, value]) => ['--set', `${name}=${value}`]),
    ...Object.keys(given).flatMap((name) => ['--secret', `${name}=${join(dir, name)}`]),
  );
  expect(code, stderr).toBe(0);
}, UP_MS);

afterAll(async () => {
  await compose('start', 'redis-exporter');
  await setAlertScale(bundle.dir, 1);
  await initBundle(bundle.dir, { without: OVERLAYS });
  await reloadMonitoring(bundle.dir);
  for (const name of ['alert-webhook-url', 'alert-watchdog-url', 'alert-mail-password', 'alert-ca.crt']) {
    await rm(join(bundle.dir.secrets, 'alertmanager', name), { force: true });
  }
  await receivers?.[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
}, UP_MS);

/** The address of this host in the network by which Alertmanager goes out. */
async function wayOut(): Promise<string> {
  const { id } = await inspectService(bundle, 'alertmanager');
  const format = `{{(index .NetworkSettings.Networks "${bundle.network('egress')}").Gateway}}`;
  return (await mustDocker(['inspect', '--format', format, id])).trim();
}

const toldOf = (status: Notification['status']) =>
  receivers
    .notificationsTo('/people')
    .flatMap(({ alerts }) => alerts)
    .find(
      (one) =>
        one.status === status &&
        one.labels.alertname === 'ServiceHealthCheckFailing' &&
        one.labels.instance === 'redis-exporter:9121',
    );

const mailOf = (subject: string) => receivers.mails.find(({ text }) => text.includes(`Subject: ${subject}`));

test('receivers come into force without a new start of Alertmanager', async () => {
  expect(await startOf('alertmanager')).toBe(alertmanagerBefore);
});

test('every rule is judged, and without an error', async () => {
  const { data } = JSON.parse(await askMonitoring(bundle.dir, 'prometheus', '/api/v1/rules'));
  const rules: { name: string; health: string }[] = data.groups.flatMap(
    (group: { rules: [] }) => group.rules,
  );
  expect(new Set(rules.map(({ name }) => name))).toEqual(new Set(alertRules().map(({ alert }) => alert)));
  expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
});

test('Watchdog arrives again and again where it is waited for, and nowhere else', async () => {
  await eventually(() => receivers.notificationsTo('/watchdog').length >= 3, ARRIVES);
  const names = (path: string) =>
    new Set(
      receivers.notificationsTo(path).flatMap(({ alerts }) => alerts.map((one) => one.labels.alertname)),
    );
  expect(names('/watchdog')).toEqual(new Set(['Watchdog']));
  expect(names('/people')).not.toContain('Watchdog');
});

test(
  'a service that stops is told of by webhook, by mail, in the log and by ./stack alerts, and so is its return',
  async () => {
    await compose('stop', 'redis-exporter');
    await eventually(() => toldOf('firing') !== undefined, ARRIVES);
    expect(toldOf('firing')).toMatchObject({
      labels: { severity: 'critical', job: 'redis' },
      annotations: {
        summary: 'redis (redis-exporter:9121) does not answer',
        runbook_url: 'docs/runbooks/ServiceHealthCheckFailing.md',
      },
    });
    await eventually(() => mailOf('FIRING 1: ServiceHealthCheckFailing (localhost)') !== undefined, ARRIVES);
    expect(mailOf('FIRING 1: ServiceHealthCheckFailing (localhost)')).toMatchObject({
      from: 'origin@example.com',
      to: ['ops@example.com', 'night@example.com'],
      user: receivers.mail.user,
      text: expect.stringContaining('What to do: docs/runbooks/ServiceHealthCheckFailing.md'),
    });
    for (const replica of ['api-a', 'api-b']) {
      const isLogged = async () =>
        (await logOf(bundle, replica)).includes('alert firing: ServiceHealthCheckFailing');
      await eventually(isLogged, ARRIVES);
    }
    const shown = await stack('alerts', '--json');
    expect(shown.code).toBe(1);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      watchdog: true,
      scale: SCALE,
      receivers: expect.arrayContaining(OVERLAYS),
      alerts: expect.arrayContaining([
        expect.objectContaining({ name: 'ServiceHealthCheckFailing', state: 'firing' }),
      ]),
    });

    await compose('start', 'redis-exporter');
    await eventually(() => toldOf('resolved') !== undefined, ARRIVES);
    await eventually(() => mailOf('RESOLVED: ServiceHealthCheckFailing (localhost)') !== undefined, ARRIVES);
  },
  UP_MS,
);

test(
  'scaled alerts are named by audit and doctor until they are whole again, which starts nothing but Prometheus anew',
  async () => {
    const words = /the overlay scaled-alerts divides every duration of the alerts by 20/;
    expect(await stack('audit')).toMatchObject({ code: 1, stdout: expect.stringMatching(words) });
    expect((await stack('doctor', '--only', 'drift')).stdout).toMatch(words);

    const before = await Promise.all(['alertmanager', 'nginx', 'api-a'].map(startOf));
    await setAlertScale(bundle.dir, 1);
    expect(await Promise.all(['alertmanager', 'nginx', 'api-a'].map(startOf))).toEqual(before);
    expect((await stack('doctor', '--only', 'drift')).stdout).not.toMatch(/scaled-alerts/);
    expect(await askMonitoring(bundle.dir, 'prometheus', '/api/v1/status/config')).toContain(
      'scrape_interval: 15s',
    );
    // Twice is as once.
    await setAlertScale(bundle.dir, 1);

    await setAlertScale(bundle.dir, 60);
    const config = await askMonitoring(bundle.dir, 'prometheus', '/api/v1/status/config');
    expect(config).toContain('scrape_interval: 2s');
    expect(config).toContain('/run/secrets/scaled-rules.yml');
  },
  UP_MS,
);
