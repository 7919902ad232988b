import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { DomainError } from '../../domain/domainError.ts';
import type { AddressRules } from '../../domain/webhooks/addressRules.ts';
import { checkWebhookUrl } from '../../domain/webhooks/checkWebhookUrl.ts';
import {
  type WebhookReply,
  type WebhookRequest,
  WebhookSendError,
  type WebhookSender,
} from '../../domain/webhooks/deliveryPorts.ts';
import type { EgressProxy } from '../egressProxy/egressProxy.ts';
import { EgressProxyError } from '../egressProxy/egressProxyError.ts';
import { unlessAborted } from '../unlessAborted.ts';
import { checkedAddresses, type Resolve, resolveBySystem } from './checkedAddresses.ts';
import { openSocket } from './openSocket.ts';
import { openTunnel } from './openTunnel.ts';
import { postOnce } from './postOnce.ts';
import { retryAfterSeconds } from './retryAfterSeconds.ts';
import { sendFailure } from './sendFailure.ts';

export interface WebhookSenderOptions {
  rules: AddressRules;
  /** PEM certificates that endpoints may be signed by, beside the public ones. */
  caFile?: string | undefined;
  /** For everything together: resolving, connecting, the header and the body of the answer. */
  timeoutMs?: number;
  maxResponseBytes?: number;
  resolve?: Resolve;
  proxy?: EgressProxy | undefined;
}

const TIMEOUT_MS = 5_000;
const MAX_RESPONSE_BYTES = 65_536;
/** How long one of several addresses is tried before the next; Node's 250 ms are too few across the world. */
const ADDRESS_TIMEOUT_MS = 1_000;
const CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

type Settings = Required<Omit<WebhookSenderOptions, 'caFile' | 'proxy'>> & {
  proxy: EgressProxy | undefined;
  secureContext: SecureContext;
};

/**
 * Sends webhooks, and nothing to where they may not go: each attempt resolves the name anew, checks every
 * address and connects to one of those, on a connection of its own. Redirects are failures, the answer is
 * bounded in time and bytes and never unpacked, certificates are verified. A proxy is given a checked address and no
 * name, which it would resolve once more.
 * Rejects where `caFile` cannot be read or is no certificate.
 */
export async function createWebhookSender(options: WebhookSenderOptions): Promise<WebhookSender> {
  const own = options.caFile === undefined ? [] : await readCertificates(options.caFile);
  const settings: Settings = {
    rules: options.rules,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    maxResponseBytes: options.maxResponseBytes ?? MAX_RESPONSE_BYTES,
    resolve: options.resolve ?? resolveBySystem,
    proxy: options.proxy,
    secureContext: createSecureContext({ ca: [...getCACertificates('default'), ...own] }),
  };
  return { send: (request) => send(settings, request) };
}

/** OpenSSL skips what it cannot read, and every endpoint of the operator's would be refused for no visible reason. */
async function readCertificates(file: string): Promise<string[]> {
  const blocks = (await readFile(file, 'utf8')).match(CERTIFICATES);
  if (!blocks) throw new Error(`${file} holds no certificate in PEM`);
  return blocks.map((block) => new X509Certificate(block).toString());
}

async function send(settings: Settings, request: WebhookRequest): Promise<WebhookReply> {
  const deadline = AbortSignal.timeout(settings.timeoutMs);
  const signal = AbortSignal.any([deadline, request.signal]);
  try {
    return await post(settings, { ...request, signal });
  } catch (error) {
    // Ours to stop, not the endpoint's failure.
    request.signal.throwIfAborted();
    if (deadline.aborted && !(error instanceof EgressProxyError)) {
      throw new WebhookSendError('timeout', `no whole answer within ${settings.timeoutMs} ms`, {
        cause: error,
      });
    }
    throw sendFailure(error);
  }
}

async function post(settings: Settings, request: WebhookRequest): Promise<WebhookReply> {
  const { signal } = request;
  signal.throwIfAborted();
  const url = new URL(checkedUrl(settings.rules, request.url));
  const addresses = await unlessAborted(signal, checkedAddresses(settings, url));
  const tunnel = await openTunnel(settings.proxy, {
    url,
    addresses,
    addressTimeoutMs: ADDRESS_TIMEOUT_MS,
    signal,
  });
  const way = { url, addresses, tunnel, addressTimeoutMs: ADDRESS_TIMEOUT_MS };
  const socket = openSocket({ ...way, secureContext: settings.secureContext });
  try {
    const headers = { ...request.headers, 'accept-encoding': 'identity' };
    const reply = await postOnce({ url, headers, body: request.body, socket, signal });
    await discard(reply, settings.maxResponseBytes);
    return usable(reply);
  } finally {
    // One connection an attempt: none is used again behind the check of its address.
    socket.destroy();
    tunnel?.destroy();
  }
}

/** The settings may have changed since the URL was stored. */
function checkedUrl(rules: AddressRules, url: string): string {
  try {
    return checkWebhookUrl(rules, url);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw new WebhookSendError('refused_address', error.message, { cause: error });
  }
}

/** Reads the answer to its end and keeps nothing of it. */
async function discard(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<void> {
  let readBytes = 0;
  for await (const chunk of body) {
    readBytes += chunk.length;
    if (readBytes > maxBytes) {
      throw new WebhookSendError('too_large', `the answer is larger than ${maxBytes} bytes`);
    }
  }
}

function usable({ statusCode: status = 0, headers }: IncomingMessage): WebhookReply {
  if (status >= 300 && status < 400) {
    throw new WebhookSendError('redirect', `HTTP status ${status}: redirects are not followed`, { status });
  }
  return { status, retryAfterSeconds: retryAfterSeconds(headers['retry-after'], Date.now()) };
}
