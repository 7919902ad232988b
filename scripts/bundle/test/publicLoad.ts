import { Agent, request } from 'node:https';
import { ingestRequest } from '@origin-stack/core/testing/ingestRequest';
import { eventually } from '@origin-stack/testkit/eventually';
import { publicEdge } from './publicEdge.ts';
import type { TheBundle } from './theBundle.ts';

export interface Answered {
  /** The upload's id by its external id. */
  accepted: Map<string, string>;
  /** Everything that was not 201, by what it was. */
  failures: Record<string, number>;
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
): Promise<Answered> {
  const { host, port, tls } = await publicEdge(bundle);
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, ca: tls.ca });
  const answered: Answered = { accepted: new Map(), failures: {} };
  let isOver = false;
  const send = (body = ingestRequest()): Promise<void> => {
    const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
    return new Promise((resolve) => {
      const fail = (outcome: string) => {
        answered.failures[outcome] = (answered.failures[outcome] ?? 0) + 1;
        resolve();
      };
      const options = { agent, host, port, method: 'POST', path: '/v1/ingest', headers };
      const sent = request(options, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.once('error', (error) => fail(error.message));
        response.once('end', () => {
          if (response.statusCode !== 201) return fail(`${response.statusCode} ${text.slice(0, 200)}`);
          answered.accepted.set(body.external_id, JSON.parse(text).upload_id);
          resolve();
        });
      });
      sent.once('error', (error: NodeJS.ErrnoException) => {
        // nginx closed the kept connection while this request set out: as every client does, it takes a new one.
        if (sent.reusedSocket && error.code === 'ECONNRESET') send(body).then(resolve);
        else fail(error.code ?? error.message);
      });
      sent.end(JSON.stringify(body));
    });
  };
  const connection = async () => {
    while (!isOver) await send();
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
