import { mkdtemp, rm } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '@origin-stack/core/config/readSettings';
import { createLog } from '@origin-stack/core/infra/log';
import { openAddressRules } from '@origin-stack/core/infra/openAddressRules';
import { createWebhookSender } from '@origin-stack/core/infra/webhookSender/webhookSender';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSecrets } from './secretFiles.ts';
import { makeServiceFiles, rolePasswords, writeAddresses } from './serviceFiles.ts';
import { serviceSettings } from './serviceSettings.ts';
import { locateStateDir, makeStateDir, type StateDir } from './stateDir.ts';

const ports = { api: 18_080, internal: 19_090, workerInternal: 19_091 };
const databases = { postgres: 15_432, redis: 16_379 };
/** A receiver of the operator's own. */
const RECEIVER = 18_999;

let root: string;
let dir: StateDir;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'origin-stack-ports-'));
  dir = locateStateDir(root);
  await makeStateDir(dir);
  await makeServiceFiles(dir);
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function rulesOf(service: 'api' | 'worker') {
  const secrets = await openSecrets(dir);
  await writeAddresses(dir, {
    superuserUrl: `postgresql://postgres:pw@127.0.0.1:${databases.postgres}/postgres`,
    redisUrl: `redis://:pw@127.0.0.1:${databases.redis}`,
    passwords: rolePasswords(secrets),
  });
  const settings = readSettings(serviceSettings(service, { dir, secrets, ports }));
  return openAddressRules(settings, createLog({ service: 'test', level: 'silent' }));
}

test.each(['api', 'worker'] as const)(
  'the %s lets a webhook reach no port of the embedded default, at any address of this machine',
  async (service) => {
    const rules = await rulesOf(service);
    const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    const loopback = ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '0.0.0.0', '::'];
    for (const address of [...loopback, ...own.map((one) => one.address)]) {
      for (const [name, port] of Object.entries({ ...ports, ...databases })) {
        expect(rules.admits(address, port), `${name} at ${address}`).toBe(false);
      }
    }
    for (const address of ['127.0.0.1', '::1']) expect(rules.admits(address, RECEIVER)).toBe(true);
  },
);

test("a webhook to a name that leads to loopback does not reach the API's internal listener", async () => {
  const sender = await createWebhookSender({
    rules: await rulesOf('worker'),
    resolve: async () => ['127.0.0.1'],
  });
  const url = `http://receiver.example:${ports.internal}/metrics`;
  const request = { url, headers: {}, body: '{}', signal: new AbortController().signal };
  await expect(sender.send(request)).rejects.toMatchObject({ code: 'refused_address' });
});
