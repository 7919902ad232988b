import type { Jwk } from '@origin-stack/contract/certificates';
import type { ActorType } from '@origin-stack/contract/ledger';
import type { TenantScope } from '@origin-stack/contract/scopes';
import type { Knex } from 'knex';

/** The database. Outside a transaction it sees no tenant's rows. */
export type Db = Knex;

/** A transaction, with the tenant set for row-level security. */
export type Tx = Knex.Transaction;

export interface Clock {
  /** RFC 3339 in UTC with six fractional digits. */
  now(): string;
  /** Milliseconds since the epoch. */
  epochMs(): number;
}

export interface Ids {
  /** A new UUIDv7 in lower-case text. */
  next(): string;
}

/** What holds the signing key and the keys that wrap others. */
export interface KeyProvider {
  readonly name: 'local' | 'aws_kms' | 'vault';
  /** The key that signs now, as it stands in the JWKS. */
  readonly signingKey: Jwk;
  /** RSASSA-PSS with SHA-256 and a salt of 32 bytes over `input`. */
  sign(input: Uint8Array): Promise<Uint8Array>;
  /** Encrypts key material of at most 4 KiB; the text names the key that did it. */
  wrap(plaintext: Uint8Array): Promise<string>;
  unwrap(wrapped: string): Promise<Uint8Array>;
  /** HMAC-SHA256 of a fixed label under the provider's key: 32 bytes and the id of the key's version. */
  mac(label: string): Promise<{ keyId: string; mac: Buffer }>;
  /** A real operation, for readiness. Rejects where the provider is away. */
  check(): Promise<void>;
}

/** Where evidence packs are kept. Keys are `/`-separated paths of `A-Za-z0-9._-`. */
export interface ObjectStore {
  readonly name: 'filesystem' | 's3';
  put(object: { key: string; bytes: Uint8Array; contentType: string }): Promise<void>;
  get(key: string): Promise<Uint8Array>;
  remove(keys: string[]): Promise<void>;
  /** A URL that gives the object to whoever holds it, for `ttlSeconds`. */
  presign(download: { key: string; fileName: string; ttlSeconds: number }): Promise<string>;
  check(): Promise<void>;
}

/** Who acts, in which tenant. */
export interface Actor {
  tenantId: string;
  type: ActorType;
  id: string;
  correlationId: string;
}

/** An actor that came by an API key. */
export interface KeyActor extends Actor {
  type: 'api_key';
  keyPrefix: string;
  keyName: string;
  scopes: TenantScope[];
  expiresAt: string | null;
}
