import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TENANT_SCOPES } from '@origin-stack/contract/scopes';
import { readSettings } from '@origin-stack/core/config/readSettings';
import { createKey } from '@origin-stack/core/domain/keys/createKey';
import { createTenant } from '@origin-stack/core/domain/tenants/createTenant';
import { createDatabase } from '@origin-stack/core/infra/database';
import { createLocalKeys } from '@origin-stack/core/infra/keyProviders/local';
import { prepareTemplate, roleUrl, templateDatabase } from '@origin-stack/testkit/postgres';
import { startTestPostgres, startTestRedis } from '@origin-stack/testkit/testServers';
import { buildApp } from '../src/app.ts';
import { listen } from '../src/http/listen.ts';
import { wire } from '../src/wire.ts';
import { makeThings } from './makeThings.ts';

/**
 * Serves the API for schemathesis until it is told to stop: on a free port, with PostgreSQL, Redis, keys and a tenant
 * of its own. Writes `url`, `key` (it has every scope) and `ids` (of one of each thing) into the folder that is given.
 */
const [dir] = process.argv.slice(2);
if (dir === undefined) throw new Error('usage: serve.ts DIR');

const keysDir = join(dir, 'keys');
await createLocalKeys({ path: keysDir, signingKeyId: 'test', bits: 2048 });
const [postgresServer, redisServer] = await Promise.all([startTestPostgres(), startTestRedis()]);
const postgres = await prepareTemplate(postgresServer.superuserUrl);
const database = templateDatabase;

const deps = await wire(
  readSettings({
    ENVIRONMENT: 'test',
    LOG_LEVEL: 'warn',
    DATABASE_URL: roleUrl(postgres, { role: 'api', database }),
    DATABASE_POOL_MIN: '2',
    DATABASE_POOL_MAX: '20',
    REDIS_URL: redisServer.url,
    SIGNING_KEY_PROVIDER: 'local',
    SIGNING_KEY_ID: 'test',
    SIGNING_KEY_PATH: keysDir,
    LOCAL_ENCRYPTION_SALT: 'a-salt-of-the-tests-that-is-long-enough',
    OBJECTS_PATH: dir,
  }),
  () => false,
);
const listener = await listen(buildApp(deps), { deps, name: 'API_PORT', host: '127.0.0.1', port: 0 });

const owner = createDatabase({
  url: roleUrl(postgres, { role: 'owner', database }),
  applicationName: 'schemathesis',
  min: 0,
  max: 1,
  acquireTimeoutMs: 10_000,
  maxLifetimeMs: 600_000,
});
const version = (kind: 'risk' | 'anomaly') =>
  deps.models.all.find((model) => model.kind === kind)?.version ?? '';
const { tenantId } = await createTenant(
  { ...deps, db: owner },
  {
    name: 'schemathesis',
    models: { risk: version('risk'), anomaly: version('anomaly') },
    correlationId: 'schemathesis',
  },
);
const key = await createKey(
  { ...deps, db: owner, pepper: deps.keyring.pepper },
  { tenantId, name: 'schemathesis', scopes: [...TENANT_SCOPES], expiresAt: null },
);
await owner.destroy();
await writeFile(join(dir, 'key'), key.keyValue, { mode: 0o600 });
const url = `http://127.0.0.1:${listener.port}`;
await writeFile(join(dir, 'ids'), await makeThings(url, key.keyValue));
// Written last: whoever waits for it finds everything.
await writeFile(join(dir, 'url'), url);

process.once('SIGTERM', async () => {
  await listener.close();
  await deps.close();
  await Promise.all([postgresServer.stop(), redisServer.stop()]);
});
