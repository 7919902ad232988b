import { createHash, randomBytes } from 'node:crypto';
import { generateApiKey } from '@origin-stack/core/domain/keys/apiKey';
import type { IdentityName } from './identities.ts';
import { LIST_FILE, LIST_HOLDERS, listText, SERVICE_KEYS } from './keys/serviceKeys.ts';

/** The folder of who runs the commands; it is no container's. */
export type SecretOwner = IdentityName | 'operator';

/** Reads a secret that was planned before: `owner/file`. */
type Read = (path: `${SecretOwner}/${string}`) => string;

/** One secret file: made once, at random or from those before it. */
export interface PlannedSecret {
  owner: SecretOwner;
  file: string;
  make(read: Read): string | Buffer;
  /** The volume whose data are lost without it: it is never made anew beside them. */
  opens?: 'vault-data';
}

/** 256 random bits that may stand in a URL as they are. */
const random = () => randomBytes(32).toString('base64url');

const made = (owner: SecretOwner, file: string, make: PlannedSecret['make'] = random): PlannedSecret => ({
  owner,
  file,
  make,
});

const databaseUrl =
  (role: string, part: 'owner' | 'api' | 'worker'): PlannedSecret['make'] =>
  (read) =>
    `postgres://${role}:${read(`postgres/${part}-password`)}@postgres:5432/origin`;

const redisUrl =
  (user: 'api' | 'worker' | 'tools'): PlannedSecret['make'] =>
  (read) =>
    `rediss://${user}:${read(`${user}/redis-password`)}@redis:6379`;

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** Bull and node-redis work with this and no more; the exporter and the health check only look. */
const REDIS_WORK =
  '~app:* ~bull:* &bull:* &app:* -@all +@read +@write +@connection +@transaction +@scripting +@pubsub +@blocking -@dangerous +info +client|setname +client|setinfo +client|info';
const REDIS_LOOK =
  '-@all +@connection -@dangerous +info +ping +client|setname +client|setinfo +config|get +slowlog|len +slowlog|get +latency|latest +latency|histogram +dbsize +memory|usage';

const redisUsers: PlannedSecret['make'] = (read) =>
  [
    // Nobody may be it; but Redis reads its own file as this user, and would leave out each transaction that it may not do.
    'user default off ~* &* +@all',
    ...(['api', 'worker', 'tools'] as const).map(
      (user) => `user ${user} on #${sha256(read(`${user}/redis-password`))} ${REDIS_WORK}`,
    ),
    `user exporter on #${sha256(read('redis-exporter/redis-password'))} ${REDIS_LOOK}`,
    // Has Redis load its renewed certificate; dir and dbfilename, which would write anywhere, are protected by default.
    `user operator on #${sha256(read('redis/operator-password'))} -@all +config|set`,
    'user health on nopass -@all +ping',
    '',
  ].join('\n');

const VAULT_CLIENTS = ['api', 'worker', 'tools', 'operator'] as const;

/** Every secret of the bundle but its certificates, in an order in which each can be made from those before it. */
export const SECRET_PLAN: readonly PlannedSecret[] = [
  ...['owner', 'api', 'worker', 'exporter'].map((part) => made('postgres', `${part}-password`)),
  made('migrate', 'database-url', databaseUrl('origin_owner', 'owner')),
  made('tools', 'database-url', databaseUrl('origin_owner', 'owner')),
  made('api', 'database-url', databaseUrl('origin_api', 'api')),
  made('worker', 'database-url', databaseUrl('origin_worker', 'worker')),
  made('postgres-exporter', 'database-password', (read) => read('postgres/exporter-password')),

  ...(['api', 'worker', 'tools'] as const).flatMap((user) => [
    made(user, 'redis-password'),
    made(user, 'redis-url', redisUrl(user)),
  ]),
  made('redis-exporter', 'redis-password'),
  made('redis-exporter', 'redis-passwords.json', (read) =>
    JSON.stringify({ 'rediss://exporter@redis:6379': read('redis-exporter/redis-password') }),
  ),
  // In its own folder: what uses it runs in its container alone.
  made('redis', 'operator-password'),
  made('redis', 'users.acl', redisUsers),

  made('minio', 'root-user', () => `origin${randomBytes(8).toString('hex')}`),
  made('minio', 'root-password'),
  ...(['api', 'worker'] as const).flatMap((user) => [
    made(user, 'minio-access-key', (read) => read('minio/root-user')),
    made(user, 'minio-secret-key', (read) => read('minio/root-password')),
  ]),

  { ...made('vault', 'seal-key', () => randomBytes(32)), opens: 'vault-data' },
  ...VAULT_CLIENTS.flatMap((client) => [
    // Vault reads it once, when it is made.
    { ...made('vault', `${client}-secret-id`), opens: 'vault-data' as const },
    made(client, 'vault-secret-id', (read) => read(`vault/${client}-secret-id`)),
  ]),

  ...SERVICE_KEYS.map(({ folder, file, kind }) => made(folder, file, () => generateApiKey(kind).key)),
  // A key is listed when the audit log has its line: `generateKeys`.
  ...LIST_HOLDERS.map((holder) => made(holder, LIST_FILE, () => listText([]))),
];
