import { eventually } from '@origin-stack/testkit/eventually';
import { beforeAll, expect, test } from 'vitest';
import { reloadMonitoring } from '../../alerts/reloadMonitoring.ts';
import { inspectService, killFirstProcess } from './containerFaults.ts';
import { type TheBundle, theBundle } from './theBundle.ts';

const WELL_WITHIN_MS = 60_000;

let bundle: TheBundle;
beforeAll(async () => {
  bundle = await theBundle();
});

// Compose's own `kill --signal HUP` is taken by the engine as a stop by hand: what dies afterwards stays dead.
test('Prometheus and Alertmanager that die come back, also after they were told to read their settings again', async () => {
  await reloadMonitoring(bundle.dir);
  const killed = [
    ['prometheus', await killFirstProcess(bundle, 'prometheus')],
    ['alertmanager', await killFirstProcess(bundle, 'alertmanager')],
  ] as const;
  for (const [service, before] of killed) {
    await eventually(
      async () => {
        const now = await inspectService(bundle, service);
        expect(now, service).toMatchObject({ id: before.id, health: 'healthy' });
        expect(now.startedAt, service).not.toBe(before.startedAt);
      },
      { deadlineMs: WELL_WITHIN_MS },
    );
  }
});
