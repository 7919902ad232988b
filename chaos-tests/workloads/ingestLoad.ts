import { setTimeout as pause } from 'node:timers/promises';
import type { IngestReply, IngestRequest } from '@origin-stack/contract/ingest';
import type { Target } from '../invariants/aftermath.ts';
import type { Tenant } from '../product/makeTenants.ts';

/**
 * One request and what became of it, as its sender knows it. `acknowledged` has a reply; `refused` was surely not
 * accepted; of `unknown` the sender cannot say.
 */
export interface Attempt {
  tenant: Tenant;
  request: IngestRequest;
  correlationId: string;
  outcome: 'acknowledged' | 'refused' | 'unknown';
  status: number | null;
  reply: IngestReply | null;
  error: string | null;
}

export interface IngestLoad {
  /** Resolves once so many are acknowledged. */
  acknowledged(count: number): Promise<void>;
  /** Those that have an outcome so far. */
  history(): Attempt[];
  /** From now on so many more are sent at a time. */
  join(callers: number): void;
  /** Sends nothing more; what is under way ends. */
  stop(): void;
  done: Promise<Attempt[]>;
}

export interface LoadOptions extends Pick<Target, 'apiUrl' | 'fetch'> {
  tenants: Tenant[];
  /** Distinguishes the external ids of one load from another's. */
  name: string;
  count: number;
  concurrency: number;
  /** So many begin in a second at the most, so that what is looked at is the fault, and not a host without a moment. */
  perSecond?: number;
  /** How long a port that refuses is tried again; 60 s unless told. */
  refusedDeadlineMs?: number;
}

const REFUSED_PAUSE_MS = 50;
const REFUSED_DEADLINE_MS = 60_000;
const REQUEST_DEADLINE_MS = 40_000;

/** Sends ingests, `concurrency` at a time, and keeps their history. A port that refuses is tried again. */
export function startIngestLoad(options: LoadOptions): IngestLoad {
  const queue = makeAttempts(options);
  const history: Attempt[] = [];
  const watchers = new Set<() => void>();
  let acknowledgedCount = 0;
  const until = (isReached: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!isReached()) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
    });
  let nextMs = 0;
  const turn = async (perSecond: number) => {
    const beginMs = Math.max(nextMs, performance.now());
    nextMs = beginMs + 1000 / perSecond;
    await pause(Math.max(0, beginMs - performance.now()));
  };
  const client = async () => {
    for (let attempt = queue.shift(); attempt; attempt = queue.shift()) {
      if (options.perSecond) await turn(options.perSecond);
      await send(options, attempt);
      history.push(attempt);
      if (attempt.outcome === 'acknowledged') acknowledgedCount += 1;
      for (const look of watchers) look();
    }
  };
  const clients: Promise<void>[] = [];
  const join = (callers: number) => {
    clients.push(...Array.from({ length: callers }, client));
  };
  const ended = async () => {
    for (let awaited = 0; awaited < clients.length; awaited += 1) await clients[awaited];
    return history;
  };
  join(options.concurrency);
  return {
    join,
    acknowledged: (count) => until(() => acknowledgedCount >= count),
    history: () => [...history],
    stop: () => void queue.splice(0),
    done: ended(),
  };
}

/** Sends one, and records what came of it. */
async function send({ refusedDeadlineMs, ...target }: LoadOptions, attempt: Attempt): Promise<void> {
  const giveUpMs = performance.now() + (refusedDeadlineMs ?? REFUSED_DEADLINE_MS);
  for (;;) {
    try {
      const response = await postIngest(target, attempt);
      attempt.status = response.status;
      const text = await response.text();
      if (response.status === 200 || response.status === 201) {
        attempt.reply = JSON.parse(text);
        attempt.outcome = 'acknowledged';
      } else {
        attempt.error = text;
        // 5xx promises nothing: what it speaks of may have been written.
        attempt.outcome = response.status < 500 ? 'refused' : 'unknown';
      }
      return;
    } catch (error) {
      const code = causeCode(error);
      attempt.error = code;
      attempt.outcome = code === 'ECONNREFUSED' ? 'refused' : 'unknown';
      if (attempt.outcome === 'unknown' || performance.now() > giveUpMs) return;
      await pause(REFUSED_PAUSE_MS);
    }
  }
}

/** Posts a request as it is; the body of the repetition is the same text. */
export function postIngest(
  { apiUrl, fetch }: Pick<Target, 'apiUrl' | 'fetch'>,
  { tenant, request, correlationId }: Pick<Attempt, 'tenant' | 'request' | 'correlationId'>,
): Promise<Response> {
  return fetch(`${apiUrl}/v1/ingest`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${tenant.apiKey}`,
      'content-type': 'application/json',
      'x-correlation-id': correlationId,
    },
    body: JSON.stringify(request),
    signal: AbortSignal.timeout(REQUEST_DEADLINE_MS),
  });
}

function causeCode(error: unknown): string {
  const { cause, name } = error as Error & { cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? name;
}

/** Few accounts and contents, so that requests meet each other's subjects, and programs, so that some have signals. */
function makeAttempts({ tenants, name, count }: LoadOptions): Attempt[] {
  return Array.from({ length: count }, (_, index): Attempt => {
    const tenant = tenants[index % tenants.length];
    if (!tenant) throw new Error('a load needs tenants');
    return {
      tenant,
      request: {
        external_id: `${name}-${index}`,
        account: { external_id: `account-${index % 40}`, created_at: '2025-03-01T00:00:00Z' },
        ...(index % 2 ? { device: { external_id: `device-${index % 25}` } } : {}),
        content: {
          text: `content ${name} ${index % 400}`,
          media_type: index % 4 ? 'text/plain' : 'application/x-sh',
        },
        metadata: { index },
      },
      correlationId: `${name}-${index}`,
      outcome: 'unknown',
      status: null,
      reply: null,
      error: null,
    };
  });
}
