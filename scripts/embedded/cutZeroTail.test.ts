import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sayToRedis } from '@origin-stack/testkit/redis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cutZeroTail } from './cutZeroTail.ts';
import { redisService } from './databaseServices.ts';
import { openSecrets } from './secretFiles.ts';
import { locateStateDir, makeStateDir, type StateDir } from './stateDir.ts';

let root: string;
let dir: StateDir;
let reports: string[];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'origin-stack-aof-'));
  dir = locateStateDir(root);
  await makeStateDir(dir);
  reports = [];
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Runs Redis on the data that is there, says one command and stops it; gives the reply. */
async function once(...words: string[]): Promise<unknown> {
  const report = (message: string) => void reports.push(message);
  const service = redisService({ dir, secrets: await openSecrets(dir), report });
  const running = await service.start(new AbortController().signal);
  try {
    return await sayToRedis(service.url(), ...words);
  } finally {
    await running.stop();
  }
}

/** The file that grows. */
async function appendOnlyFile(): Promise<string> {
  const names = await readdir(dir.redisData, { recursive: true });
  const name = names.find((one) => one.endsWith('.incr.aof')) ?? 'appendonly.aof';
  return join(dir.redisData, name);
}

it.each([
  ['a few', 3],
  ['several blocks of', 200_000],
])(
  'Redis starts over %s zeros at the end of its file, loses no command before them, and says so',
  async (_, count) => {
    await once('SET', 'kept', 'ends in \0\0');
    const file = await appendOnlyFile();
    const { size } = await stat(file);
    await appendFile(file, Buffer.alloc(count));
    expect(await once('GET', 'kept')).toBe('ends in \0\0');
    expect(reports).toEqual([
      `cut ${count} zero bytes from the end of ${file}: this host lost power, and Redis what it took in the last second`,
    ]);
    expect((await stat(file)).size).toBe(size);
    expect(await once('GET', 'kept')).toBe('ends in \0\0');
    expect(reports).toHaveLength(1);
  },
);

it('Redis starts over half a command with zeros behind it, and over a file of zeros alone', async () => {
  await once('SET', 'kept', 'yes');
  await appendFile(
    await appendOnlyFile(),
    Buffer.from(`*3\r\n$3\r\nSET\r\n$4\r\nlost\r\n$9\r\nab${'\0'.repeat(5000)}`),
  );
  expect(await once('MGET', 'kept', 'lost')).toEqual(['yes', null]);
  await writeFile(await appendOnlyFile(), Buffer.alloc(70_000));
  expect(await once('MGET', 'kept')).toEqual([null]);
});

it('damage before the end is not cut; the error says what to type, and what that costs', async () => {
  await once('SET', 'kept', 'yes');
  const file = await appendOnlyFile();
  const { size } = await stat(file);
  await appendFile(file, Buffer.concat([Buffer.alloc(4096), Buffer.from('*1\r\n$4\r\nPING\r\n')]));
  const failure = await once('PING').catch((error: unknown) => error);
  expect(failure).toMatchObject({
    next: expect.stringContaining('cuts off all that was written from the damage on'),
  });
  const [, command = ''] = (failure as { next: string }).next.split('from the damage on: ');
  await promisify(execFile)('sh', ['-c', `yes | (${command})`]);
  expect((await stat(file)).size).toBe(size);
  expect(await once('GET', 'kept')).toBe('yes');
});

it('leaves the zeros of a checksum: a file of Redis 6 begins as a snapshot', async () => {
  const file = join(dir.redisData, 'appendonly.aof');
  const snapshot = Buffer.concat([Buffer.from('REDIS0009\u00ff', 'latin1'), Buffer.alloc(8)]);
  await writeFile(file, snapshot);
  expect(await cutZeroTail(dir.redisData)).toBeUndefined();
  const grown = Buffer.concat([snapshot, Buffer.from('*1\r\n$4\r\nPING\r\n')]);
  await writeFile(file, Buffer.concat([grown, Buffer.alloc(99)]));
  expect(await cutZeroTail(dir.redisData)).toContain('cut 99 zero bytes');
  expect(await readFile(file)).toEqual(grown);
});
