import { createLog } from '@origin-stack/core/infra/log';
import { openTlsIdentity } from '@origin-stack/core/infra/tlsIdentity';
import { eventually } from '@origin-stack/testkit/eventually';
import { redisClientIds } from '@origin-stack/testkit/redis';
import { startTestRedis } from '@origin-stack/testkit/testServers';
import { demandRedisTls } from '@origin-stack/testkit/tls/redisTls';
import { createTestAuthority } from '@origin-stack/testkit/tls/testAuthority';
import { expect, test } from 'vitest';
import { noteAndFinish, openRunnerBed, probeTask } from './test/openRunnerBed.ts';

test('the runner goes through Redis over mutual TLS, and does each piece of work once while its certificate is renewed', async () => {
  const [bed, authority, server] = await Promise.all([
    openRunnerBed(),
    createTestAuthority(),
    startTestRedis(),
  ]);
  const { url } = await demandRedisTls(server.url, { certificate: await authority.issue('redis') });
  const { ca, cert, key } = await authority.issue('origin_worker');
  const files = { TLS_CA_FILE: ca, TLS_CERT_FILE: cert, TLS_KEY_FILE: key, TLS_EXTRA_CA_FILE: undefined };
  const log = createLog({ service: 'test', level: 'silent' });
  const tls = (await openTlsIdentity(files, { log, lookEveryMs: 20 }))!;
  const task = probeTask((context, packId) => noteAndFinish(context, packId, 'done'));
  const runner = await bed.startRunner(url, task, 4, { tls });
  const first = await bed.add(20);
  await eventually(async () => expect(await bed.effects(first)).toEqual(first.toSorted()), {
    deadlineMs: 20_000,
  });
  const before = await redisClientIds(server.url);
  const second = await bed.add(60);
  await authority.issue('origin_worker');
  await eventually(async () => expect(await bed.effects(second)).toEqual(second.toSorted()), {
    deadlineMs: 20_000,
  });
  // The old queue's connections end, and those of the new one stay.
  await eventually(
    async () => {
      const now = await redisClientIds(server.url);
      expect(now.filter((id) => before.includes(id))).toEqual([]);
      expect(now.length).toBe(before.length);
    },
    { deadlineMs: 20_000 },
  );
  await runner.stop();
  tls.close();
  await server.stop();
  await authority.remove();
  await bed.close();
}, 60_000);
