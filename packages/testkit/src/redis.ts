import { createClient } from 'redis';
import { inject } from 'vitest';

const firstDatabase = 1;
const lastDatabase = 1023;

/**
 * The URL of an empty logical Redis database of the calling test file's own. Logical databases share memory,
 * scripts and publish/subscribe channels; a test that minds starts its own with `startTestRedis`.
 */
export async function testRedisUrl(): Promise<string> {
  const { url } = inject('redis');
  const client = createClient({ url });
  await client.connect();
  try {
    const count = await client.incr('testkit:databases');
    const database = firstDatabase + ((count - 1) % (lastDatabase - firstDatabase + 1));
    await client.select(database);
    await client.flushDb();
    return `${url}/${database}`;
  } finally {
    client.destroy();
  }
}

/** The ids of the connections that a server has, but for the one that asks. */
export async function redisClientIds(url: string): Promise<string[]> {
  const client = createClient({ url });
  await client.connect();
  try {
    const own = String(await client.sendCommand(['CLIENT', 'ID']));
    const list = String(await client.sendCommand(['CLIENT', 'LIST']));
    return [...list.matchAll(/^id=(\d+) /gm)].map(([, id]) => id ?? '').filter((id) => id !== own);
  } finally {
    client.destroy();
  }
}

/** What a server replies to one command, by a connection of its own. */
export async function sayToRedis(url: string, ...words: string[]): Promise<unknown> {
  const client = createClient({ url });
  await client.connect();
  try {
    return await client.sendCommand(words);
  } finally {
    client.destroy();
  }
}
