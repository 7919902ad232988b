import { join } from 'node:path';
import { startPostgres } from '@origin-stack/core/infra/embedded/postgresServer';
import { startRedis } from '@origin-stack/core/infra/embedded/redisServer';
import { cutZeroTail } from './cutZeroTail.ts';
import type { Secret, SecretName } from './secretFiles.ts';
import type { RunningService, Service } from './service.ts';
import type { StateDir } from './stateDir.ts';

const POSTGRES_SETTINGS = {
  max_connections: 200,
  log_line_prefix: '%m [%p] %q%u@%d ',
  // The request path's plans are made once and kept until a table has new statistics. Those of an empty table read all
  // that a tenant has: after an installation under load, statistics a minute late would mean six times the CPU until then.
  autovacuum_naptime: '10s',
};

/** What the two servers need; a port of 0 is a free one, which they keep over restarts. */
export type DatabaseServiceOptions = {
  dir: StateDir;
  secrets: Record<SecretName, Secret>;
  report: (message: string) => void;
  postgresPort?: number;
  redisPort?: number;
  postgresSettings?: Record<string, string | number>;
};

/** A service with the address that it has after its first start. */
export type AddressedService = Service & { url: () => string };

/** The embedded PostgreSQL; `url` is the superuser's. */
export function postgresService(options: DatabaseServiceOptions): AddressedService {
  const { dir, secrets } = options;
  return keepingPort('postgres', 'SIGINT', options.postgresPort ?? 0, async (port) => {
    const server = await startPostgres({
      dataDir: dir.postgresData,
      logFile: join(dir.logs, 'postgres.log'),
      superuserPassword: secrets.postgresSuperuser.value,
      port,
      settings: { ...POSTGRES_SETTINGS, ...options.postgresSettings },
    });
    return { ...server, url: server.superuserUrl };
  });
}

/** The embedded Redis with its data on disk; `url` carries the password. */
export function redisService(options: DatabaseServiceOptions): AddressedService {
  const { dir, secrets, report } = options;
  return keepingPort('redis', 'SIGTERM', options.redisPort ?? 0, async (port) => {
    const cut = await cutZeroTail(dir.redisData);
    if (cut) report(cut);
    return await startRedis({
      dataDir: dir.redisData,
      downloadDir: dir.redisDownload,
      logFile: join(dir.logs, 'redis.log'),
      password: secrets.redis.value,
      port,
      report,
    });
  });
}

type Started = RunningService & { port: number; url: string };

function keepingPort(
  name: string,
  stopSignal: NodeJS.Signals,
  wantedPort: number,
  startOn: (port: number) => Promise<Started>,
): AddressedService {
  let port = wantedPort;
  let url: string | undefined;
  return {
    name,
    stopSignal,
    start: async () => {
      const started = await startOn(port);
      port = started.port;
      url = started.url;
      return started;
    },
    url: () => {
      if (url === undefined) throw new Error(`${name} has no address before it has started`);
      return url;
    },
  };
}
