import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Settings } from '../config/settings.ts';
import {
  type AddressRules,
  createAddressRules,
  type NeverEndpoint,
} from '../domain/webhooks/addressRules.ts';
import { withoutBrackets } from './hosts.ts';
import { describeError, type Log } from './log.ts';
import { resolveBySystem } from './webhookSender/checkedAddresses.ts';

type AddressSettings = Pick<
  Settings,
  | 'WEBHOOK_ALLOWED_CIDRS'
  | 'DATABASE_URL'
  | 'REDIS_URL'
  | 'MINIO_ENDPOINT'
  | 'AWS_KMS_ENDPOINT'
  | 'VAULT_ADDR'
  | 'EGRESS_PROXY_URL'
  | 'INTERNAL_HOST'
  | 'INTERNAL_PORT'
  | 'OWN_LISTENERS'
  | 'API_HOST'
  | 'API_PORT'
>;

const DEFAULT_PORTS: Record<string, number> = {
  'postgres:': 5432,
  'postgresql:': 5432,
  'redis:': 6379,
  'rediss:': 6379,
  'http:': 80,
  'https:': 443,
};

/** Loopback, and the unspecified addresses, which the system takes for loopback when it connects. */
const LOOPBACK = ['127.0.0.0/8', '::1/128', '0.0.0.0/8', '::/128'];

/**
 * The rules for webhooks that the settings give. Whatever `WEBHOOK_ALLOWED_CIDRS` says, they refuse the ports of the
 * product's own parts: database, Redis, object store, key service, egress proxy, this process's listeners and
 * `OWN_LISTENERS`. Names are resolved once; where one cannot be, its port is refused in all of `WEBHOOK_ALLOWED_CIDRS`.
 */
export async function openAddressRules(settings: AddressSettings, log: Log): Promise<AddressRules> {
  const allowedCidrs = settings.WEBHOOK_ALLOWED_CIDRS;
  const endpoint = async ({ host, port }: Part): Promise<NeverEndpoint> => {
    try {
      return { port, networks: await networksOf(host) };
    } catch (error) {
      log.warn(
        { host, port, err: describeError(error) },
        'no webhook may use this port in the allowed networks: its host has no address yet',
      );
      return { port, networks: allowedCidrs };
    }
  };
  return createAddressRules({
    allowedCidrs,
    neverEndpoints: await Promise.all(ownParts(settings).map(endpoint)),
  });
}

interface Part {
  host: string;
  port: number;
}

function ownParts(settings: AddressSettings): Part[] {
  const urls = [
    settings.DATABASE_URL,
    settings.REDIS_URL,
    settings.MINIO_ENDPOINT,
    settings.AWS_KMS_ENDPOINT,
    settings.VAULT_ADDR,
    settings.EGRESS_PROXY_URL,
  ];
  const parts = [
    ...urls.filter((url) => url !== undefined).map(partOf),
    { host: settings.INTERNAL_HOST, port: settings.INTERNAL_PORT },
    { host: settings.API_HOST, port: settings.API_PORT },
    ...settings.OWN_LISTENERS,
  ];
  // Port 0 is one that the system chooses; a path is a socket in the file system, which no webhook can name.
  return parts.filter(({ host, port }) => port !== 0 && !host.startsWith('/'));
}

/** The client of Postgres lets the query overrule the authority. */
function partOf(text: string): Part {
  const url = new URL(text);
  const isDatabase = url.protocol.startsWith('postgres');
  const overruled = (name: string) => (isDatabase ? url.searchParams.get(name) : null);
  const host = overruled('host') ?? decodeURIComponent(url.hostname);
  const port = Number(overruled('port') || url.port || DEFAULT_PORTS[url.protocol]);
  return { host: withoutBrackets(host) || 'localhost', port };
}

/** What listens at one address of this machine may listen at each of them. */
async function networksOf(host: string): Promise<string[]> {
  if (host === 'localhost') return thisMachine();
  const addresses = isIP(host) ? [host] : await resolveBySystem(host);
  const networks = addresses.filter((address) => !address.includes('%')).map(single);
  return networks.some(isThisMachine) ? [...networks, ...thisMachine()] : networks;
}

const single = (address: string) => `${address}/${isIP(address) === 6 ? 128 : 32}`;

function thisMachine(): string[] {
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return [...LOOPBACK, ...interfaces.map(({ address }) => address.replace(/%.*/, '')).map(single)];
}

const isThisMachine = (network: string) =>
  network.startsWith('127.') || network.startsWith('0.') || thisMachine().includes(network);
