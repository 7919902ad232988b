import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@origin-stack/testkit/eventually';
import { openbaoAvailable, startOpenbao } from '@origin-stack/testkit/peers/openbao';
import { prepareTemplate, roleUrl, templateDatabase } from '@origin-stack/testkit/postgres';
import { startTestPostgres, startTestRedis } from '@origin-stack/testkit/testServers';
import { demandPostgresTls } from '@origin-stack/testkit/tls/postgresTls';
import { demandRedisTls } from '@origin-stack/testkit/tls/redisTls';
import { createTestAuthority } from '@origin-stack/testkit/tls/testAuthority';
import { afterEach, expect, test } from 'vitest';
import { readSettings } from '../config/readSettings.ts';
import { openCore } from './openCore.ts';

const openbao = openbaoAvailable();
const skipped = openbao.ok ? '' : ` (skipped: ${openbao.reason})`;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** What the bundle starts for a service, but for the object store, which may come later; and its settings. */
async function startBundle() {
  const authority = await createTestAuthority();
  closing.push(authority.remove);
  const [postgres, redis, vault] = await Promise.all([
    startTestPostgres(),
    startTestRedis(),
    startOpenbao(authority),
  ]);
  closing.push(postgres.stop, redis.stop, vault.stop);
  const template = await prepareTemplate(postgres.superuserUrl);
  const role = 'origin_api';
  await demandPostgresTls(postgres.superuserUrl, { role, certificate: await authority.issue('postgres') });
  const { ca, cert, key } = await authority.issue(role);
  const files = {
    DATABASE_URL: roleUrl(template, { role: 'api', database: templateDatabase }),
    REDIS_URL: (await demandRedisTls(redis.url, { certificate: await authority.issue('redis') })).url,
    VAULT_SECRET_ID: vault.secretIds['origin-api'],
    MINIO_ACCESS_KEY: 'origin-packs',
    MINIO_SECRET_KEY: 'q8Zr2kLm9XtB',
  };
  const env: Record<string, string> = {
    ENVIRONMENT: 'production',
    LOG_LEVEL: 'error',
    PUBLIC_URL: 'https://origin.example.org',
    DATABASE_POOL_MIN: '2',
    DATABASE_POOL_MAX: '6',
    TLS_CA_FILE: ca,
    TLS_CERT_FILE: cert,
    TLS_KEY_FILE: key,
    SIGNING_KEY_PROVIDER: 'vault',
    VAULT_ADDR: vault.url,
    VAULT_ROLE_ID: 'origin-api',
    SIGNING_KEY_ID: 'origin-signing',
    WRAPPING_KEY_ID: 'origin-wrapping',
    PEPPER_KEY_ID: 'origin-pepper',
    MINIO_ENDPOINT: 'https://localhost:1',
  };
  for (const [name, text] of Object.entries(files)) {
    env[`${name}_FILE`] = join(authority.dir, name);
    await writeFile(env[`${name}_FILE`]!, `${text}\n`);
  }
  return { authority, env, vault };
}

test.skipIf(!openbao.ok)(
  `a service of the bundle starts by its production settings alone, and goes on over a renewed certificate${skipped}`,
  async () => {
    const { authority, env, vault } = await startBundle();
    const core = await openCore('api', readSettings(env));
    closing.push(core.close);
    const work = async () => {
      await core.keys.check();
      await core.redis.ping();
      expect((await core.db.raw('select 1 as one')).rows).toEqual([{ one: 1 }]);
    };
    await eventually(() => core.redis.isReady());
    await work();
    await expect(core.objects.check()).rejects.toThrow();
    await authority.issue('origin_api');
    await work();
    const again = await openCore('api', readSettings(env));
    expect(again.keyring.pepper.fingerprint).toBe(core.keyring.pepper.fingerprint);
    await again.close();
    await vault.stop();
    await expect(openCore('api', readSettings(env))).rejects.toThrow(/vault auth\/approle\/login: /);
    await expect(openCore('api', readSettings({ ...env, TLS_KEY_FILE: env.TLS_CA_FILE! }))).rejects.toThrow(
      'TLS_KEY_FILE does not fit TLS_CERT_FILE',
    );
  },
  600_000,
);
