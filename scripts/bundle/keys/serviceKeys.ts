import { createHash } from 'node:crypto';
import type { ServiceScope } from '@origin-stack/contract/scopes';
import type { KeyKind } from '@origin-stack/core/domain/keys/apiKey';
import type { ServiceKeyList } from '@origin-stack/core/domain/keys/serviceKeys';

/** A caller of the internal listeners, its key's one place and what the key opens. */
export interface ServiceKey {
  service: string;
  /** The folder below `secrets/`, its one reader's. */
  folder: 'operator' | 'prometheus' | 'cron' | 'alertmanager';
  file: string;
  kind: Exclude<KeyKind, 'live'>;
  scopes: readonly [ServiceScope, ...ServiceScope[]];
  /** For people. */
  opens: string;
  /** It calls by itself all the time: a new key is taken only when it was seen to be used. */
  calls: 'always' | 'now and then';
}

/** Every caller of an internal listener. The worker is none: it is called, and calls nobody there (decision 0013). */
export const SERVICE_KEYS = [
  {
    service: 'operator',
    folder: 'operator',
    file: 'operator-key',
    kind: 'op',
    scopes: ['admin', 'metrics:read', 'health:read'],
    opens: 'what the operator asks of API and worker',
    calls: 'now and then',
  },
  {
    service: 'prometheus',
    folder: 'prometheus',
    file: 'service-key',
    kind: 'svc',
    scopes: ['metrics:read'],
    opens: 'the metrics of API and worker',
    calls: 'always',
  },
  {
    service: 'alertmanager',
    folder: 'alertmanager',
    file: 'service-key',
    kind: 'svc',
    scopes: ['alerts:write'],
    opens: "the API's receiver of alerts",
    calls: 'now and then',
  },
  {
    service: 'cron',
    folder: 'cron',
    file: 'service-key',
    kind: 'svc',
    scopes: ['ledger:verify'],
    opens: "the worker's verification of all ledgers",
    calls: 'now and then',
  },
] as const satisfies readonly ServiceKey[];

export type ServiceName = (typeof SERVICE_KEYS)[number]['service'];

/** Who holds a digest list: the containers that listen. What two need is written twice. */
export const LIST_HOLDERS = ['api', 'worker'] as const;
export const LIST_FILE = 'service-keys.json';

/** What the digest list says of a key. */
export function listEntry({ kind, service, scopes }: ServiceKey, key: string): ServiceKeyList[number] {
  return {
    prefix: key.split('_')[2] ?? '',
    kind,
    service,
    scopes: [...scopes],
    sha256: createHash('sha256').update(key, 'ascii').digest('hex'),
    expires_at: null,
  };
}

export const listText = (list: ServiceKeyList): string => `${JSON.stringify(list, null, 2)}\n`;

export function serviceKeyOf(name: ServiceName): ServiceKey {
  const found = SERVICE_KEYS.find(({ service }) => service === name);
  if (!found) throw new Error(`no service key of ${name}`);
  return found;
}

/** Where a service's key lies, as people are told. */
export function placeOf(name: ServiceName): string {
  const { folder, file } = serviceKeyOf(name);
  return `secrets/${folder}/${file}`;
}
