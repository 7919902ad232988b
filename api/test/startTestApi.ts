import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TENANT_SCOPES, type TenantScope } from '@origin-stack/contract/scopes';
import { readSettings } from '@origin-stack/core/config/readSettings';
import { type CreatedKey, createKey } from '@origin-stack/core/domain/keys/createKey';
import type { Db } from '@origin-stack/core/domain/ports';
import { createTenant } from '@origin-stack/core/domain/tenants/createTenant';
import { createDatabase } from '@origin-stack/core/infra/database';
import { createLocalKeys } from '@origin-stack/core/infra/keyProviders/local';
import { createTestDatabase } from '@origin-stack/testkit/database';
import { testRedisUrl } from '@origin-stack/testkit/redis';
import { buildApp } from '../src/app.ts';
import { type ListenTimeouts, listen } from '../src/http/listen.ts';
import { type ApiDeps, wire } from '../src/wire.ts';
import { type Caller, caller } from './caller.ts';

export interface TestTenant {
  id: string;
  policyId: string;
  /** A key with every scope. */
  key: CreatedKey;
}

export interface TestApi {
  port: number;
  deps: ApiDeps;
  /** The database as its owner: what the wall does not stop. */
  owner: Db;
  tenant: TestTenant;
  /** Somebody else, whose things must not be seen. */
  stranger: TestTenant;
  /** Sends one request with the tenant's key, unless told otherwise. */
  call: Caller;
  makeTenant(name: string): Promise<TestTenant>;
  makeKey(tenantId: string, key?: { scopes?: TenantScope[]; expiresAt?: string }): Promise<CreatedKey>;
  /** Ends it; fails where a connection stays open or a request was answered with 500. */
  close(): Promise<void>;
}

export interface TestApiOptions {
  settings?: Record<string, string>;
  timeouts?: ListenTimeouts;
}

/** The API as `main.ts` composes it, on a free port, with a database, keys and two tenants of its own. */
export async function startTestApi({ settings = {}, timeouts }: TestApiOptions = {}): Promise<TestApi> {
  const dir = await mkdtemp(join(tmpdir(), 'origin-stack-api-'));
  // The smallest size that the settings allow: a larger one takes longer to make than most tests to run.
  await createLocalKeys({ path: join(dir, 'keys'), signingKeyId: 'test', bits: 2048 });
  await mkdir(join(dir, 'objects'));
  const database = await createTestDatabase();
  const given = {
    ENVIRONMENT: 'test',
    LOG_LEVEL: 'error',
    DATABASE_URL: database.apiUrl,
    DATABASE_POOL_MIN: '2',
    DATABASE_POOL_MAX: '12',
    REDIS_URL: settings.REDIS_URL ?? (await testRedisUrl()),
    SIGNING_KEY_PROVIDER: 'local',
    SIGNING_KEY_ID: 'test',
    SIGNING_KEY_PATH: join(dir, 'keys'),
    SIGNING_KEY_BITS: '2048',
    LOCAL_ENCRYPTION_SALT: 'a-salt-of-the-tests-that-is-long-enough',
    OBJECTS_PATH: join(dir, 'objects'),
    ...settings,
  };
  const deps = await wire(readSettings(given), () => false);
  const owner = ownerOf(database.ownerUrl);
  const listener = await listen(buildApp(deps), {
    deps,
    name: 'API_PORT',
    host: '127.0.0.1',
    port: 0,
    ...(timeouts ? { timeouts } : {}),
  });
  const makeKey: TestApi['makeKey'] = (tenantId, { scopes = [...TENANT_SCOPES], expiresAt = null } = {}) =>
    createKey(
      { ...deps, db: owner, pepper: deps.keyring.pepper },
      { tenantId, name: 'test', scopes, expiresAt },
    );
  const makeTenant: TestApi['makeTenant'] = async (name) => {
    const models = { risk: versionOf(deps, 'risk'), anomaly: versionOf(deps, 'anomaly') };
    const made = await createTenant({ ...deps, db: owner }, { name, models, correlationId: 'test' });
    return { id: made.tenantId, policyId: made.policyId, key: await makeKey(made.tenantId) };
  };
  const tenant = await makeTenant('own');
  const stranger = await makeTenant('stranger');
  return {
    port: listener.port,
    deps,
    owner,
    tenant,
    stranger,
    call: caller({ port: listener.port, key: tenant.key.keyValue }),
    makeTenant,
    makeKey,
    async close() {
      await listener.close();
      const failures = await failuresOf(deps);
      await deps.close();
      await owner.destroy();
      await database.drop();
      await rm(dir, { recursive: true, force: true });
      if (failures.length > 0) throw new Error(`requests were answered with 500:\n${failures.join('\n')}`);
    },
  };
}

function ownerOf(url: string): Db {
  return createDatabase({
    url,
    applicationName: 'test-owner',
    min: 0,
    max: 2,
    acquireTimeoutMs: 10_000,
    maxLifetimeMs: 600_000,
  });
}

function versionOf(deps: ApiDeps, kind: 'risk' | 'anomaly'): string {
  const model = deps.models.all.find((one) => one.kind === kind);
  if (!model) throw new Error(`no ${kind} model is loaded`);
  return model.version;
}

/** The lines of the metrics that count a 500, of which no test provokes one. */
async function failuresOf(deps: ApiDeps): Promise<string[]> {
  const text = await deps.metrics.scrape();
  return text.split('\n').filter((line) => /^http_requests_total\{.*status="500"/.test(line));
}
