import type { SecretBox } from '../keys/secretBox.ts';
import type { Clock } from '../ports.ts';
import {
  type EndpointBreakers,
  type WebhookRequest,
  WebhookSendError,
  type WebhookSender,
} from './deliveryPorts.ts';
import type { PendingDelivery } from './deliveryStore.ts';
import { signedRequest } from './signedRequest.ts';

export interface AttemptDeps {
  clock: Clock;
  secrets: SecretBox;
  sender: WebhookSender;
  breakers: EndpointBreakers;
}

/** What came of one attempt that was made; `error` is null where it succeeded. */
export interface AttemptOutcome {
  status: number | null;
  error: string | null;
  retryAfterSeconds?: number | undefined;
}

/**
 * Signs and sends once. Throws for what is not the endpoint's doing: an open breaker (with `retryAfterMs`), a
 * key provider or an egress proxy that is away, an aborted signal.
 */
export async function attemptDelivery(
  deps: AttemptDeps,
  attempt: { tenantId: string; signal: AbortSignal },
  delivery: PendingDelivery,
): Promise<AttemptOutcome> {
  const request = { ...(await signedRequest(deps, attempt.tenantId, delivery)), signal: attempt.signal };
  try {
    return await deps.breakers.of(delivery.webhook_id).run(() => sendOnce(deps.sender, request));
  } catch (error) {
    if (error instanceof EndpointDown) return error.outcome;
    throw error;
  }
}

/**
 * What a breaker of an endpoint counts: 5xx and no answer. A 4xx is an answer: it must never open a breaker. A proxy that
 * is silent may be so for one endpoint only, which must not keep the worker waiting: it counts here, and nowhere else.
 */
export const isEndpointDown = (error: unknown): boolean =>
  error instanceof EndpointDown || isProxyAway(error);

const isProxyAway = (error: unknown) => error instanceof WebhookSendError && error.code === 'proxy';

/** Carries an outcome past a breaker that must count it as a failure. */
class EndpointDown extends Error {
  readonly outcome: AttemptOutcome;

  constructor(outcome: AttemptOutcome) {
    super(outcome.error ?? 'the endpoint is down');
    this.outcome = outcome;
  }
}

const DOWN: ReadonlySet<string> = new Set(['timeout', 'tls', 'connection']);

async function sendOnce(sender: WebhookSender, request: WebhookRequest): Promise<AttemptOutcome> {
  try {
    const { status, retryAfterSeconds } = await sender.send(request);
    if (status >= 200 && status < 300) return { status, error: null };
    const outcome = { status, error: `HTTP status ${status}`, retryAfterSeconds };
    if (status >= 500) throw new EndpointDown(outcome);
    return outcome;
  } catch (error) {
    if (!(error instanceof WebhookSendError) || isProxyAway(error)) throw error;
    const outcome = { status: error.status ?? null, error: `${error.code}: ${error.message}` };
    if (DOWN.has(error.code)) throw new EndpointDown(outcome);
    return outcome;
  }
}
