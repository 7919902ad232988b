import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from 'redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findRedisProgram } from './redisProgram.ts';
import { type RedisOptions, type RedisServer, startRedis } from './redisServer.ts';
import { parseInstallPlan } from './unpackDebianProgram.ts';

const downloadDir = fileURLToPath(new URL('../../../../../.stack/redis', import.meta.url));
const password = `odd "pass\\word" @:%/`;
let dir: string;
let servers: RedisServer[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'origin-stack "redis" [1]: $#%\\'));
  servers = [];
});
afterEach(async () => {
  for (const server of servers) await server.stop();
  await rm(dir, { recursive: true, force: true });
});

async function start(change: Partial<RedisOptions> = {}): Promise<RedisServer> {
  const server = await startRedis({
    dataDir: join(dir, 'data'),
    downloadDir,
    logFile: join(dir, 'redis.log'),
    password,
    endsWithParent: true,
    ...change,
  });
  servers.push(server);
  return server;
}

function open(url: string) {
  return createClient({ url, socket: { reconnectStrategy: false } });
}

async function connected<T>(url: string, work: (client: ReturnType<typeof open>) => Promise<T>): Promise<T> {
  const client = open(url);
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    if (client.isOpen) client.destroy();
  }
}

describe('startRedis', () => {
  it('never evicts, writes its log every second, and asks for the password', async () => {
    const server = await start();
    const settings = await connected(server.url, async (client) => ({
      ...(await client.configGet('maxmemory-policy')),
      ...(await client.configGet('append*')),
    }));
    expect(settings).toMatchObject({
      'maxmemory-policy': 'noeviction',
      appendonly: 'yes',
      appendfsync: 'everysec',
    });
    const withoutPassword = `redis://127.0.0.1:${server.port}`;
    await expect(connected(withoutPassword, (client) => client.ping())).rejects.toThrow('NOAUTH');
  });

  it('shows the password in no argument and in no file that others may read', async () => {
    const server = await start();
    expect(await readFile(`/proc/${server.pid}/cmdline`, 'utf8')).not.toContain('pass');
    expect((await stat(join(dir, 'data', 'redis.conf'))).mode & 0o777).toBe(0o600);
  });

  it('keeps its data over a stop', async () => {
    const first = await start();
    await connected(first.url, (client) => client.set('kept', 'value'));
    await first.stop();
    const second = await start({ port: first.port });
    expect(second.port).toBe(first.port);
    expect(await connected(second.url, (client) => client.get('kept'))).toBe('value');
  });

  it('says so when its port is taken by another server', async () => {
    const first = await start();
    await expect(start({ dataDir: join(dir, 'other'), port: first.port, password: 'other' })).rejects.toThrow(
      /another server|Address already in use/,
    );
  });

  it('fetches nothing when it was fetched or installed before', async () => {
    const messages: string[] = [];
    await findRedisProgram({ downloadDir, report: (message) => messages.push(message) });
    expect(messages).toEqual([]);
  });
});

describe('parseInstallPlan', () => {
  it("takes name and version from apt's simulation, also where a version is installed", () => {
    const simulation = [
      'The following NEW packages will be installed:',
      'Inst liblzf1 (3.6-3 Debian:12.15/oldstable [amd64])',
      'Inst redis-tools [5:7.0.1-1] (5:7.0.15-1~deb12u10 Debian-Security:12 [amd64])',
      'Conf liblzf1 (3.6-3 Debian:12.15/oldstable [amd64])',
    ].join('\n');
    expect(parseInstallPlan(simulation)).toEqual(['liblzf1=3.6-3', 'redis-tools=5:7.0.15-1~deb12u10']);
  });
});
