import { randomUUID } from 'node:crypto';
import * as http from 'node:http';
import * as https from 'node:https';

export interface Load {
  url: string;
  apiKey: string;
  connections: number;
  durationMs: number;
  /** For an https URL: certificates to trust, PEM. */
  ca?: string | undefined;
}

export interface LoadResult {
  /** Milliseconds from the first byte sent to the last received, of every answered request. */
  latenciesMs: number[];
  failures: Record<string, number>;
  durationMs: number;
}

/** Sends ingests on a fixed number of connections, each the next one as soon as it was answered. */
export async function ingestLoad(load: Load): Promise<LoadResult> {
  const options = { keepAlive: true, maxSockets: load.connections };
  const agent = load.url.startsWith('https:')
    ? new https.Agent({ ...options, ...(load.ca ? { ca: load.ca } : {}) })
    : new http.Agent(options);
  const result: LoadResult = { latenciesMs: [], failures: {}, durationMs: 0 };
  const startMs = performance.now();
  const endMs = startMs + load.durationMs;
  const connection = async (number: number) => {
    for (let sent = 0; performance.now() < endMs; sent += 1) {
      const beganMs = performance.now();
      const outcome = await send(load, agent, bodyOf(number, sent));
      if (outcome === 201) result.latenciesMs.push(performance.now() - beganMs);
      else result.failures[outcome] = (result.failures[outcome] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: load.connections }, (_, number) => connection(number)));
  result.durationMs = performance.now() - startMs;
  agent.destroy();
  return result;
}

/** 500 accounts and 200 devices; every content another. */
function bodyOf(connection: number, sent: number): string {
  const number = connection * 7919 + sent;
  return JSON.stringify({
    external_id: randomUUID(),
    account: { external_id: `account-${number % 500}`, created_at: '2025-06-01T00:00:00Z' },
    device: { external_id: `device-${number % 200}` },
    content: { text: `content ${randomUUID()}`, media_type: 'text/plain' },
  });
}

function send(load: Load, agent: http.Agent, body: string): Promise<number | string> {
  const { request } = load.url.startsWith('https:') ? https : http;
  return new Promise((resolve) => {
    const sent = request(
      `${load.url}/v1/ingest`,
      {
        agent,
        method: 'POST',
        headers: {
          authorization: `Bearer ${load.apiKey}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        },
      },
      (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode ?? 0));
      },
    );
    sent.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    sent.end(body);
  });
}
