import { expect, it } from 'vitest';
import { contextOf, goodSettings, issuesOf } from './test/contextOf.ts';

const withOverlays = (overlays: string) =>
  contextOf('/nowhere', { settings: { ...goodSettings, ORIGIN_OVERLAYS: overlays } });

it('alert-receivers finds that nobody gets the alerts, until a person does', async () => {
  for (const overlays of ['', 'versitygw', 'alert-watchdog']) {
    expect(await issuesOf('alert-receivers', withOverlays(overlays))).toMatchObject([
      { severity: 'warning', what: expect.stringContaining('nobody gets the alerts') },
    ]);
  }
  for (const overlays of ['alert-webhook', 'versitygw,alert-mail', 'alert-slack']) {
    expect(await issuesOf('alert-receivers', withOverlays(overlays))).toEqual([]);
  }
});
