import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { AddressRules } from '../../domain/webhooks/addressRules.ts';
import { portOf } from '../../domain/webhooks/checkWebhookUrl.ts';
import { WebhookSendError } from '../../domain/webhooks/deliveryPorts.ts';
import { withoutBrackets } from '../hosts.ts';

/** All addresses of a host name. */
export type Resolve = (hostname: string) => Promise<string[]>;

/** As the system resolves names, its hosts file included. */
export const resolveBySystem: Resolve = async (hostname) =>
  (await lookup(hostname, { all: true })).map((record) => record.address);

/**
 * The addresses to connect to. Rejects with `refused_address` where one of them is not admitted, even beside
 * good ones: which of them would be used is not ours to choose.
 */
export async function checkedAddresses(
  { rules, resolve }: { rules: AddressRules; resolve: Resolve },
  url: URL,
): Promise<string[]> {
  // A literal is never looked up: it must be checked here all the same.
  const host = withoutBrackets(url.hostname);
  const addresses = isIP(host) ? [host] : await resolve(host);
  if (addresses.length === 0) throw new WebhookSendError('connection', 'the name has no address');
  if (!addresses.every((address) => rules.admits(address, portOf(url)))) {
    throw new WebhookSendError('refused_address', 'the host is at an address that webhooks may not reach');
  }
  return addresses;
}
