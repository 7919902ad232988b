import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { alertmanagerConfig } from '../alerts/alertmanagerConfig.ts';
import { goodSettings } from '../doctor/test/contextOf.ts';
import { COMPOSE_FILE } from './bundleDir.ts';
import { IDENTITIES } from './identities.ts';
import { listOverlays, readOverlay } from './overlays.ts';
import { tagSetting } from './pinnedImages.ts';
import { SECRET_PLAN } from './secretPlan.ts';

const base = readFileSync(COMPOSE_FILE, 'utf8');
const named = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name);

const SECRET_FILE = /\/run\/secrets\/([\w.-]+)/g;

/** What is not in an overlay's own file: Alertmanager's settings go into a file that is made of them. */
const EXAMPLES: Record<string, [string, string]> = {
  ORIGIN_ALERT_MAIL_TO: ['a@example.com', 'b@example.com'],
  ORIGIN_ALERT_MAIL_FROM: ['c@example.com', 'd@example.com'],
  ORIGIN_ALERT_MAIL_SERVER: ['mail:25', 'mail:587'],
  ORIGIN_ALERT_MAIL_USER: ['one', 'other'],
  ORIGIN_ALERT_SCALE: ['20', '30'],
};

function alerting(overlay: string, more: Record<string, string> = {}): string {
  const examples = Object.fromEntries(Object.entries(EXAMPLES).map(([name, [one]]) => [name, one]));
  const settings = { ...goodSettings, ...examples, ...more, ORIGIN_OVERLAYS: overlay };
  return alertmanagerConfig(settings, { hasOwnCa: true, hasMailPassword: true });
}

const alertingSettings = ({ name }: { name: string }) =>
  Object.entries(EXAMPLES)
    .filter(([setting, [, other]]) => alerting(name) !== alerting(name, { [setting]: other }))
    .map(([setting]) => setting);

describe.each(listOverlays())('the overlay %s', (name) => {
  const overlay = readOverlay(name);
  const text = readFileSync(overlay.file, 'utf8');
  const readers: string[] = ['operator', ...IDENTITIES.map((identity) => identity.name)];

  test('uses every setting and every secret that it asks for, and no other', () => {
    const settings = new Set([...named(text, /\$\{(ORIGIN_[A-Z0-9_]+)/g), ...alertingSettings(overlay)]);
    // Which image it runs is no choice of who uses it.
    for (const image of overlay.images) settings.delete(tagSetting(image));
    for (const known of named(base, /\$\{(ORIGIN_[A-Z0-9_]+)/g)) settings.delete(known);
    expect([...settings].sort()).toEqual(Object.keys(overlay.settings).sort());

    const planned = SECRET_PLAN.map(({ file }) => file);
    const secrets = new Set(named(text + alerting(name), SECRET_FILE));
    for (const known of ['ca.crt', 'tls.crt', 'tls.key', 'scaled-prometheus.yml', ...planned])
      secrets.delete(known);
    const asked = { ...overlay.secrets, ...overlay.optionalSecrets };
    expect([...secrets].sort()).toEqual(Object.keys(asked).sort());
  });

  test('gives secrets to readers that there are', () => {
    for (const folders of Object.values({ ...overlay.secrets, ...overlay.optionalSecrets })) {
      expect(folders.length).toBeGreaterThan(0);
      expect(readers).toEqual(expect.arrayContaining(folders));
    }
  });
});
