import { Readiness } from '@origin-stack/contract/health';
import { ingestRequest } from '@origin-stack/core/testing/ingestRequest';
import type { OriginClient } from '@origin-stack/sdk';
import { eventually } from '@origin-stack/testkit/eventually';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mustDocker } from '../compose.ts';
import { inspectService, killFirstProcess } from './containerFaults.ts';
import { openVaultProbe, type VaultProbe } from './openVaultProbe.ts';
import { askPublic, testClient } from './testClient.ts';
import { type TheBundle, theBundle } from './theBundle.ts';

const HEAL = { deadlineMs: 90_000, pollMs: 250 };
let bundle: TheBundle;
let client: OriginClient;
let vault: VaultProbe;

beforeAll(async () => {
  bundle = await theBundle();
  client = await testClient(bundle);
  vault = await openVaultProbe(bundle);
});

afterAll(() => vault?.[Symbol.asyncDispose]());

const readiness = async () => {
  const response = await askPublic(bundle)('/health/ready');
  const { ready } = Readiness.parse(await response.json());
  return { status: response.status, ready };
};
const ingest = () => client.ingest(ingestRequest());
const untilItWorks = () =>
  eventually(async () => {
    expect(await readiness()).toMatchObject({ status: 200, ready: true });
    // Each replica finds out for itself: several in a row are by both.
    for (let count = 0; count < 5; count += 1) await ingest();
    return await ingest();
  }, HEAL);

test('Vault comes back open after kill -9, and ingest goes on', async () => {
  await ingest();
  const before = await killFirstProcess(bundle, 'vault');
  await eventually(async () => {
    const after = await inspectService(bundle, 'vault');
    expect(after.startedAt).not.toBe(before.startedAt);
    expect(after).toMatchObject({ id: before.id, health: 'healthy' });
  }, HEAL);
  const { body } = await vault.call('api', { method: 'GET', path: 'sys/health' });
  expect(body).toMatchObject({ initialized: true, sealed: false });
  const reply = await untilItWorks();
  await expect(client.getCertificate(reply.certificate_id)).resolves.toBeDefined();
});

test('the API outlives a sealed Vault, says that it is not ready, and loses nothing', async () => {
  const before = [await ingest(), await ingest()];
  const api = await Promise.all(['api-a', 'api-b'].map((service) => inspectService(bundle, service)));
  const token = await vault.login('operator');
  expect((await vault.call('operator', { method: 'POST', path: 'sys/seal', token })).status).toBe(204);
  try {
    await eventually(async () => {
      expect(await readiness()).toMatchObject({ status: 503, ready: false });
    }, HEAL);
    // Enough that nginx would give both replicas up, were it to count them as failures; what needs no key goes on.
    for (let count = 0; count < 6; count += 1) {
      expect((await askPublic(bundle)('/health/live')).status).toBe(200);
      await expect(ingest()).rejects.toMatchObject({ status: 503, code: 'dependency_unavailable' });
      for (const { upload_id } of before) await expect(client.getUpload(upload_id)).resolves.toBeDefined();
    }
    await eventually(async () => {
      expect(await inspectService(bundle, 'vault')).toMatchObject({ health: 'unhealthy' });
    }, HEAL);
    const still = await Promise.all(['api-a', 'api-b'].map((service) => inspectService(bundle, service)));
    expect(still.map(({ startedAt }) => startedAt)).toEqual(api.map(({ startedAt }) => startedAt));
  } finally {
    await mustDocker(['restart', (await inspectService(bundle, 'vault')).id]);
  }
  const after = await untilItWorks();
  for (const reply of [...before, after]) {
    await expect(client.getCertificate(reply.certificate_id)).resolves.toBeDefined();
  }
  expect(await client.verifyLedger()).toMatchObject({ valid: true });
});
