import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTestDatabase, type TestDatabase } from '@origin-stack/testkit/database';
import { eventually } from '@origin-stack/testkit/eventually';
import { startTestRedis } from '@origin-stack/testkit/testServers';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeRunState } from '../embedded/runState.ts';
import { openSecrets } from '../embedded/secretFiles.ts';
import { makeServiceFiles, serviceFiles } from '../embedded/serviceFiles.ts';
import { locateStateDir, makeStateDir } from '../embedded/stateDir.ts';
import { identifyProcess } from '../lib/processIdentity.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
let root: string;
let database: TestDatabase;
let redis: Awaited<ReturnType<typeof startTestRedis>>;
let admin: ReturnType<typeof createClient>;
let keyId: string;

/** An installation whose supervisor is this test: real servers, files and commands. */
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'origin-stack-revoke-'));
  database = await createTestDatabase();
  redis = await startTestRedis();
  admin = createClient({ url: redis.url });
  await admin.connect();
  const dir = locateStateDir(root);
  await makeStateDir(dir);
  await openSecrets(dir);
  await makeServiceFiles(dir);
  const { urls } = serviceFiles(dir);
  await writeFile(urls.owner, database.ownerUrl);
  await writeFile(urls.redis, redis.url);
  const supervisor = identifyProcess(process.pid);
  if (!supervisor) throw new Error('this process has no identity');
  const since = new Date().toISOString();
  await writeRunState(dir, { supervisor, phase: 'ready', since, urls: {}, services: [] });
  expect(await ended(start('tenant', 'create', 'acme'))).toMatchObject({ code: 0 });
  const { stdout } = await ended(start('key', 'create', 'acme', '--scope', 'ingest:write', '--json'));
  keyId = JSON.parse(stdout).id;
});
afterAll(async () => {
  admin.destroy();
  await redis.stop();
  await database.drop();
  await rm(root, { recursive: true, force: true });
});

interface Command {
  child: ChildProcess;
  stdout: string;
  stderr: string;
}

function start(...args: string[]): Command {
  const child = spawn(process.execPath, [main, ...args, '--state-dir', root]);
  const command: Command = { child, stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    command.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    command.stderr += chunk;
  });
  return command;
}

async function ended(command: Command) {
  const [code] = await once(command.child, 'close');
  return { ...command, code };
}

const says = (command: Command, text: string) =>
  eventually(() => command.stderr.includes(text), { deadlineMs: 20_000 });

const commands = [
  { words: () => ['key', 'revoke', 'acme', keyId], what: /the revocation of ok_live_\w{8}/ },
  { words: () => ['tenant', 'allow', 'acme', '192.0.2.0/24'], what: /the allowlist of acme/ },
];

describe('key revoke and tenant allow', () => {
  it.each(commands)(
    'say where Redis takes no mark, and end with 130 where nobody waits',
    async ({ words, what }) => {
      await admin.sendCommand(['REPLICAOF', '127.0.0.1', '1']);
      const command = start(...words());
      await says(command, 'waiting for the change to take effect');
      command.child.kill('SIGINT');
      const { code, stdout, stderr } = await ended(command);
      await admin.sendCommand(['REPLICAOF', 'NO', 'ONE']);
      expect({ code, stdout }, stderr).toEqual({ code: 130, stdout: '' });
      expect(stderr).toMatch(what);
      expect(stderr).toContain('READONLY');
      expect(stderr).toMatch(/error: interrupted: .* takes effect everywhere only at 20\S+Z\n/);
      expect(stderr).not.toContain('    at ');
    },
  );

  it.each(commands)('end with 0 once Redis takes the mark', async ({ words }) => {
    await admin.flushAll();
    await admin.configSet('maxmemory', '1');
    const command = start(...words());
    await says(command, 'waiting for the change to take effect');
    await admin.configSet('maxmemory', '0');
    const { code, stdout, stderr } = await ended(command);
    expect(code, stderr).toBe(0);
    expect(stdout).not.toBe('');
    expect(await admin.keys('app:key-mark:*')).toHaveLength(1);
  });
});
