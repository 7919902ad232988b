import { Agent, request } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { ingestRequest } from '@origin-stack/core/testing/ingestRequest';
import { beforeAll, expect, test } from 'vitest';
import { publicEdge } from './publicEdge.ts';
import { testClient } from './testClient.ts';
import { theBundle } from './theBundle.ts';

let edge: Awaited<ReturnType<typeof publicEdge>>;
let apiKey: string;

beforeAll(async () => {
  const bundle = await theBundle();
  edge = await publicEdge(bundle);
  await testClient(bundle);
  apiKey = await bundle.secret('operator/test-key');
});

interface Call {
  agent: Agent;
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** The status of one request, or what became of it. */
function statusOf({ agent, method = 'POST', path, headers = {}, body }: Call): Promise<number | string> {
  const { host, port, tls } = edge;
  const length = { 'content-length': String(Buffer.byteLength(body ?? '')) };
  return new Promise((resolve) => {
    const sent = request(
      { agent, host, port, ca: tls.ca, method, path, headers: { ...length, ...headers } },
      (response) => {
        response.resume().once('end', () => resolve(response.statusCode ?? 0));
      },
    );
    sent.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    sent.end(body);
  });
}

const countBy = (statuses: (number | string)[]) =>
  Object.fromEntries([...Map.groupBy(statuses, String)].map(([status, all]) => [status, all.length]));

const json = { 'content-type': 'application/json' };
const ingest = (agent: Agent) =>
  statusOf({
    agent,
    path: '/v1/ingest',
    headers: { ...json, authorization: `Bearer ${apiKey}` },
    body: JSON.stringify(ingestRequest()),
  });

/** The largest body that nginx passes on. */
const LARGE = Buffer.alloc(1_048_576, 'x');
const REFUSED: Omit<Call, 'agent'>[] = [
  { path: '/nowhere' },
  { path: '/v1/ingest' },
  { path: '/v1/ingest', method: 'PUT' },
  { path: '/v1/ingest', headers: { 'content-type': 'text/plain', authorization: 'none' } },
  { path: '/v1/ingest', headers: Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`x-${n}`, 'a'])) },
];

test('large bodies of a caller without a key fail no request of another', async () => {
  const [good, bad] = [new Agent({ keepAlive: true, maxSockets: 1 }), new Agent({ keepAlive: false })];
  try {
    const refused: Promise<number | string>[] = [];
    const answered: (number | string)[] = [];
    for (let round = 0; round < 40; round += 1) {
      refused.push(...REFUSED.map((call) => statusOf({ agent: bad, body: LARGE, ...call })));
      const nextMs = performance.now() + 200;
      while (performance.now() < nextMs) answered.push(await ingest(good));
    }
    expect(countBy(answered)).toEqual({ 201: answered.length });
    expect(countBy(await Promise.all(refused))).toEqual({ 401: 80, 404: 40, 405: 40, 431: 40 });
  } finally {
    good.destroy();
    bad.destroy();
  }
});

/** Asks as `clients` do that each wait for their answer; gives what was answered in the time. */
async function askInTurn(agent: Agent, clients: number, forMs: number): Promise<(number | string)[]> {
  const endMs = performance.now() + forMs;
  const statuses: (number | string)[] = [];
  const client = async () => {
    while (performance.now() < endMs) statuses.push(await ingest(agent));
  };
  await Promise.all(Array.from({ length: clients }, client));
  return statuses;
}

/** Asks so often in a second, whatever becomes of it; a turn that came late is made up for. */
async function askByRate(agent: Agent, perSecond: number, forMs: number): Promise<(number | string)[]> {
  const statuses: Promise<number | string>[] = [];
  const startMs = performance.now();
  for (;;) {
    const passedMs = performance.now() - startMs;
    if (passedMs > forMs) return Promise.all(statuses);
    while (statuses.length < (passedMs / 1000) * perSecond) statuses.push(ingest(agent));
    await pause(10);
  }
}

test('at twice the rate that is reached, at least half of it is answered', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 2_000 });
  try {
    await askInTurn(agent, 32, 2_000);
    const reached = await askInTurn(agent, 32, 6_000);
    expect(Object.keys(countBy(reached))).toEqual(['201']);
    const perSecond = reached.length / 6;
    const offered = countBy(await askByRate(agent, 2 * perSecond, 10_000));
    // What is not taken is refused as such, and nothing is cut off.
    expect(Object.keys(offered).filter((status) => status !== '503')).toEqual(['201']);
    expect((offered[201] ?? 0) / 10, JSON.stringify({ perSecond, offered })).toBeGreaterThanOrEqual(
      perSecond / 2,
    );
  } finally {
    agent.destroy();
  }
});
