import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { BundleSettings } from '../bundle/bundleSettings.ts';
import { goodSettings } from '../doctor/test/contextOf.ts';
import { alertmanagerConfig } from './alertmanagerConfig.ts';

const MAIL = {
  ORIGIN_ALERT_MAIL_TO: 'ops@example.com,night@example.com',
  ORIGIN_ALERT_MAIL_FROM: 'origin@example.com',
  ORIGIN_ALERT_MAIL_SERVER: 'mail.example.com:587',
};
const ALL = 'alert-webhook,alert-mail,alert-slack,alert-watchdog';

const textOf = (overlays: string, more: Partial<BundleSettings> = {}, secrets = {}) =>
  alertmanagerConfig({ ...goodSettings, ...more, ORIGIN_OVERLAYS: overlays } as BundleSettings, {
    hasOwnCa: false,
    hasMailPassword: false,
    ...secrets,
  });
const configOf = (...given: Parameters<typeof textOf>) => parse(textOf(...given)) as Config;

interface Route {
  receiver: string;
  matchers?: string[];
  routes?: Route[];
  [timing: string]: unknown;
}
interface Config {
  route: Route;
  receivers: { name: string; email_configs?: object[]; [kind: string]: unknown }[];
  inhibit_rules: object[];
}

const receiver = (config: Config, name: string) => config.receivers.find((one) => one.name === name);
/** Who gets an alert with labels, as Alertmanager goes through the routes. */
function takersOf({ route }: Config, labels: Record<string, string>): string[] {
  const takers: string[] = [];
  for (const { receiver: name, matchers = [], continue: goesOn } of route.routes ?? []) {
    const isTaken = matchers.every((matcher) => {
      const [label = '', operator, value] = matcher.split(' ');
      return (labels[label] === value) === (operator === '=');
    });
    if (!isTaken) continue;
    takers.push(name);
    if (!goesOn) return takers;
  }
  return takers.length > 0 ? takers : [route.receiver];
}

describe('without a receiver', () => {
  test("alerts end in the API's log, and Watchdog nowhere", () => {
    const config = configOf('');
    expect(takersOf(config, { alertname: 'HighErrorRate', severity: 'warning' })).toEqual(['log', 'none']);
    expect(takersOf(config, { alertname: 'Watchdog', severity: 'none' })).toEqual(['none']);
    expect(receiver(config, 'none')).toEqual({ name: 'none' });
    expect(config.receivers.map(({ name }) => name)).toEqual(['none', 'log']);
  });
});

describe('with receivers', () => {
  test('each gets what fires and what is over, and Watchdog has one of its own', () => {
    const config = configOf(ALL, MAIL);
    expect(takersOf(config, { alertname: 'HighErrorRate', severity: 'warning' })).toEqual(['log', 'people']);
    expect(takersOf(config, { alertname: 'Watchdog', severity: 'none' })).toEqual(['watchdog']);
    const people = receiver(config, 'people') as Record<string, [{ send_resolved: boolean }]>;
    expect(Object.keys(people)).toEqual(['name', 'webhook_configs', 'email_configs', 'slack_configs']);
    for (const kind of ['webhook_configs', 'email_configs', 'slack_configs']) {
      expect(people[kind]).toEqual([expect.objectContaining({ send_resolved: true })]);
    }
  });

  test('every secret is named by its file, and none stands in the configuration', () => {
    const text = textOf(ALL, { ...MAIL, ORIGIN_ALERT_MAIL_USER: 'origin' }, { hasMailPassword: true });
    const files = [...text.matchAll(/(\w+_file): (\S+)/g)].map(([, key, file]) => `${key} ${file}`);
    expect(files).toEqual(
      expect.arrayContaining([
        'url_file /run/secrets/alert-webhook-url',
        'url_file /run/secrets/alert-watchdog-url',
        'api_url_file /run/secrets/alert-slack-url',
        'auth_password_file /run/secrets/alert-mail-password',
        'credentials_file /run/secrets/service-key',
      ]),
    );
    expect(text).not.toMatch(/\b(password|api_url|credentials|secret|token):/);
  });

  test("those of the operator's own authority are trusted by its file, and our own parts by ours", () => {
    const ca = '/run/secrets/alert-ca.crt';
    const config = configOf(ALL, MAIL, { hasOwnCa: true });
    const people = receiver(config, 'people');
    expect(people).toMatchObject({
      webhook_configs: [{ http_config: { tls_config: { ca_file: ca } } }],
      email_configs: [{ tls_config: { ca_file: ca } }],
      slack_configs: [{ http_config: { tls_config: { ca_file: ca } } }],
    });
    expect(receiver(config, 'log')).toMatchObject({
      webhook_configs: [
        {
          url: 'https://api-a:9443/internal/alerts',
          http_config: { tls_config: { ca_file: '/run/secrets/ca.crt' } },
        },
        { url: 'https://api-b:9443/internal/alerts' },
      ],
    });
    expect(textOf(ALL, MAIL)).not.toContain('alert-ca.crt');
  });
});

describe('mail', () => {
  const mailOf = (more: object, secrets = {}) =>
    receiver(configOf('alert-mail', { ...MAIL, ...more }, secrets), 'people')?.email_configs?.[0];

  test('goes over TLS only, from the start where the port says so', () => {
    expect(mailOf({})).toMatchObject({ smarthost: 'mail.example.com:587', require_tls: true });
    expect(mailOf({ ORIGIN_ALERT_MAIL_SERVER: 'mail.example.com:465' })).toMatchObject({
      require_tls: false,
    });
  });

  test('is sent by name and password only where a name is set, and is refused where the password is missing', () => {
    expect(mailOf({}, { hasMailPassword: true })).not.toHaveProperty('auth_username');
    const user = { ORIGIN_ALERT_MAIL_USER: 'origin' };
    expect(mailOf(user, { hasMailPassword: true })).toMatchObject({ auth_username: 'origin' });
    expect(() => mailOf(user)).toThrow(
      expect.objectContaining({
        exitCode: 3,
        next: expect.stringContaining('--secret alert-mail-password='),
      }),
    );
  });

  test.each([
    { ORIGIN_ALERT_MAIL_SERVER: 'mail.example.com' },
    { ORIGIN_ALERT_MAIL_SERVER: 'https://mail:25' },
    { ORIGIN_ALERT_MAIL_TO: 'ops' },
    { ORIGIN_ALERT_MAIL_TO: 'ops@example.com;x@example.com' },
    { ORIGIN_ALERT_MAIL_FROM: '' },
  ])('is refused with %j, which Alertmanager could not use', (setting) => {
    expect(() => mailOf(setting)).toThrow(
      expect.objectContaining({
        exitCode: 2,
        message: expect.stringContaining(Object.keys(setting)[0] ?? ''),
      }),
    );
  });
});

test('a warning is silent while the same thing is critical', () => {
  expect(configOf('').inhibit_rules).toEqual([
    {
      source_matchers: ['severity = critical'],
      target_matchers: ['severity = warning'],
      equal: ['topic', 'job', 'instance', 'breaker', 'cn', 'path'],
    },
  ]);
});

test('alerts of a kind come together; with the overlay scaled-alerts in a part of the time', () => {
  const timings = ({ route: { group_by, group_wait, group_interval, repeat_interval } }: Config) => ({
    group_by,
    group_wait,
    group_interval,
    repeat_interval,
  });
  const group_by = ['alertname', 'job'];
  expect(timings(configOf(''))).toEqual({
    group_by,
    group_wait: '30s',
    group_interval: '300s',
    repeat_interval: '14400s',
  });
  expect(timings(configOf('scaled-alerts', { ORIGIN_ALERT_SCALE: '60' }))).toEqual({
    group_by,
    group_wait: '1s',
    group_interval: '5s',
    repeat_interval: '240s',
  });
});
