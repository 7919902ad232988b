import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serviceFiles } from '@origin-stack/scripts/embedded/serviceFiles.ts';
import { createClient } from 'redis';
import type { OwnerDatabase } from './openOwner.ts';
import type { Product } from './startProduct.ts';

const LINES = 12;

/** What a person needs to see why work does not end: the work, the queue, who is connected to it, what the worker said. */
export async function describeStall(product: Product, owner: OwnerDatabase): Promise<string> {
  const work = await owner.rows(`
    select name, claim, attempts, running is not null as running, lease_until > now() as leased, count(*)::int
    from outbox where done_at is null group by 1, 2, 3, 4, 5 order by 6 desc limit 10`);
  const redis = createClient({ url: await readFile(serviceFiles(product.dir).urls.redis, 'utf8') });
  await redis.connect();
  const waiting = await redis.lLen('bull:work:wait');
  const active = await redis.lLen('bull:work:active');
  const clients = String(await redis.sendCommand(['CLIENT', 'LIST']));
  redis.destroy();
  const log = await readFile(join(product.dir.logs, 'worker.log'), 'utf8');
  const said = log.split('\n').filter((line) => line !== '' && !line.includes('"msg":"work ran"'));
  const { services } = await product.state();
  return [
    `work: ${JSON.stringify(work)}`,
    `queue: ${waiting} wait, ${active} active`,
    `services: ${JSON.stringify(services)}`,
    clients,
    ...said.slice(-LINES),
  ].join('\n');
}
