import { randomUUID } from 'node:crypto';
import { OriginClient } from '@origin-stack/sdk';
import { ingestLoad } from './ingestLoad.ts';
import { type BenchPart, ms } from './part.ts';
import { spread } from './percentile.ts';

const PACKS = 20;
const LIGHT_CONNECTIONS = 2;
const LIGHT_MS = 6_000;
const POLL_MS = 20;
const WAIT_MS = 60_000;

/** Evidence packs with their PDF, and what the API notes of it. */
export const evidence: BenchPart = {
  name: 'evidence',
  title: 'Evidence pack with PDF',
  async run({ url, apiKey, step }) {
    const client = new OriginClient({ baseUrl: url, apiKey });
    const { upload_id } = await client.ingest({
      external_id: randomUUID(),
      account: { external_id: 'evidence' },
      content: { text: 'evidence', media_type: 'text/plain' },
    });
    const build = async () => {
      const startMs = performance.now();
      const { id } = await client.createEvidencePack({ upload_id });
      await client.waitForEvidencePack(id, { waitMs: WAIT_MS, pollMs: POLL_MS });
      return performance.now() - startMs;
    };
    await build();
    step.update('one after the other');
    const alone: number[] = [];
    for (let count = 0; count < PACKS; count += 1) alone.push(await build());
    const light = { url, apiKey, connections: LIGHT_CONNECTIONS, durationMs: LIGHT_MS };
    step.update('the API without packs');
    const quiet = spread((await ingestLoad(light)).latenciesMs);
    step.update(`the API while ${PACKS} packs render`);
    const [busy] = await Promise.all([ingestLoad(light), Promise.all(Array.from({ length: PACKS }, build))]);
    const packs = spread(alone);
    return [
      { what: `asked for to ready, median of ${PACKS}`, value: ms(packs.p50) },
      { what: 'asked for to ready, P95', value: ms(packs.p95), bound: '< 30 s', met: packs.p95 < 30_000 },
      { what: `ingest P95 on ${LIGHT_CONNECTIONS} connections, no pack`, value: ms(quiet.p95) },
      { what: `ingest P95 while ${PACKS} packs render`, value: ms(spread(busy.latenciesMs).p95) },
    ];
  },
};
