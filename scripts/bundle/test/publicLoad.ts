import { Agent, request } from 'node:https';
import { ingestRequest } from '@origin-stack/core/testing/ingestRequest';
import { eventually } from '@origin-stack/testkit/eventually';
import { publicEdge } from './publicEdge.ts';
import type { TheBundle } from './theBundle.ts';

export interface Answered {
  /** The upload's id by its external id. */
  accepted: Map<string, string>;
  /** How many reads, and writes that nginx never repeats, were answered. */
  others: number;
  /** Everything that was answered otherwise than it should be, by what it was. */
  failures: Record<string, number>;
}

export interface LoadOptions {
  /** Also what nginx does not send to the other replica: where one is killed, a few of those do fail. */
  withOthers?: boolean;
}

interface Call {
  method: string;
  path: string;
  body?: string;
  wants: readonly number[];
}

const CONNECTIONS = 2;
const UNDER_WAY = 20;

/**
 * Ingests by kept connections while `work` goes on, each the next as soon as it was answered; what was answered is not repeated. `work`
 * begins when the load runs, and load goes on for a while after it.
 */
export async function publicLoad(
  bundle: TheBundle,
  apiKey: string,
  work: () => Promise<void>,
  { withOthers = false }: LoadOptions = {},
): Promise<Answered> {
  const { host, port, tls } = await publicEdge(bundle);
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, ca: tls.ca });
  const answered: Answered = { accepted: new Map(), others: 0, failures: {} };
  let isOver = false;
  /** What was answered, or undefined where it failed. */
  const send = (call: Call): Promise<string | undefined> => {
    const { method, path, body, wants } = call;
    const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
    return new Promise((resolve) => {
      const fail = (outcome: string) => {
        const name = `${method} ${path.split('/').slice(0, 3).join('/')}: ${outcome}`;
        answered.failures[name] = (answered.failures[name] ?? 0) + 1;
        resolve(undefined);
      };
      const sent = request({ agent, host, port, method, path, headers }, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.once('error', (error) => fail(error.message));
        response.once('end', () =>
          wants.includes(response.statusCode ?? 0)
            ? resolve(text)
            : fail(`${response.statusCode} ${text.slice(0, 200)}`),
        );
      });
      sent.once('error', (error: NodeJS.ErrnoException) => {
        // nginx closed the kept connection while this request set out: as every client does, it takes a new one.
        if (sent.reusedSocket && error.code === 'ECONNRESET') send(call).then(resolve);
        else fail(error.code ?? error.message);
      });
      sent.end(body);
    });
  };
  const ingest = async () => {
    const body = ingestRequest();
    // 200 is the first reply again: one replica took it and died, and nginx asked the other.
    const text = await send({
      method: 'POST',
      path: '/v1/ingest',
      body: JSON.stringify(body),
      wants: [201, 200],
    });
    if (text === undefined) return;
    const uploadId = JSON.parse(text).upload_id;
    answered.accepted.set(body.external_id, uploadId);
    if (!withOthers) return;
    // The second is refused by the API itself, which costs next to nothing.
    for (const call of [
      { method: 'GET', path: `/v1/uploads/${uploadId}`, wants: [200] },
      { method: 'POST', path: '/v1/webhooks', body: '{}', wants: [400] },
    ])
      if ((await send(call)) !== undefined) answered.others += 1;
  };
  const connection = async () => {
    while (!isOver) await ingest();
  };
  const atLeast = (count: number) =>
    eventually(() => answered.accepted.size >= count, { deadlineMs: 60_000, pollMs: 50 });
  const running = Promise.all(Array.from({ length: CONNECTIONS }, connection));
  try {
    await atLeast(UNDER_WAY);
    await work();
    await atLeast(answered.accepted.size + UNDER_WAY);
  } finally {
    isOver = true;
    await running;
    agent.destroy();
  }
  return answered;
}
