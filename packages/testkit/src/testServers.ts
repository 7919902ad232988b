import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type PostgresServer, startPostgres } from '@origin-stack/core/infra/embedded/postgresServer';
import { type RedisServer, startRedis } from '@origin-stack/core/infra/embedded/redisServer';

/** Where a Redis that had to be fetched is kept, in the checkout. */
export const redisDownloadDir = fileURLToPath(new URL('../../../.stack/redis', import.meta.url));

/** `fillDataDir` makes the data directory where it shall not be that of a new cluster. */
interface TestPostgresOptions {
  superuserPassword?: string;
  fillDataDir?: (dataDir: string) => Promise<void>;
}

/** Starts an own PostgreSQL for a test that kills or fills it; `stop` removes its data too. */
export async function startTestPostgres(options: TestPostgresOptions = {}): Promise<PostgresServer> {
  const { dir, remove } = await makeServerDir('postgres');
  const dataDir = join(dir, 'data');
  await options.fillDataDir?.(dataDir);
  const server = await startPostgres({
    dataDir,
    logFile: join(dir, 'log', 'postgres.log'),
    superuserPassword: options.superuserPassword ?? randomBytes(24).toString('base64url'),
    durable: false,
    endsWithParent: true,
    settings: { max_connections: 200, shared_buffers: '64MB', log_min_messages: 'error' },
  });
  return { ...server, stop: () => server.stop().finally(remove) };
}

/** Starts an own Redis for a test that kills or fills it; `appendOnly` makes it keep its data on disk. */
export async function startTestRedis(options: { appendOnly?: boolean } = {}): Promise<RedisServer> {
  const { dir, remove } = await makeServerDir('redis');
  const server = await startRedis({
    dataDir: join(dir, 'data'),
    downloadDir: redisDownloadDir,
    logFile: join(dir, 'redis.log'),
    password: randomBytes(24).toString('base64url'),
    appendOnly: options.appendOnly === true,
    databases: 1024,
    endsWithParent: true,
  });
  return { ...server, stop: () => server.stop().finally(remove) };
}

async function makeServerDir(name: string) {
  const dir = await mkdtemp(join(tmpdir(), `origin-stack-${name}-`));
  // As root the server is another user, who must pass through to its own directory inside.
  await chmod(dir, 0o711);
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}
