import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VaultCall } from './inContainer/callVault.ts';
import { openVaultProbe, VAULT_ROLES, type VaultProbe, type VaultRole } from './openVaultProbe.ts';
import { type TheBundle, theBundle } from './theBundle.ts';

let bundle: TheBundle;
let vault: VaultProbe;
const tokens = new Map<VaultRole, string>();
let ciphertext = '';

const as = (role: VaultRole, one: VaultCall) => vault.call(role, { ...one, token: tokens.get(role) ?? '' });

beforeAll(async () => {
  bundle = await theBundle();
  vault = await openVaultProbe(bundle);
  for (const role of VAULT_ROLES) tokens.set(role, await vault.login(role));
  const path = 'transit/encrypt/origin-wrapping';
  const { body } = await as('api', { method: 'POST', path, body: { plaintext: 'AAAA' } });
  ciphertext = body.data.ciphertext;
});

afterAll(() => vault?.[Symbol.asyncDispose]());

const input = { input: 'AAAA' };
const plaintext = { plaintext: 'AAAA' };
const post = (path: string, body: object = {}): VaultCall => ({ method: 'POST', path, body });
const get = (path: string): VaultCall => ({ method: 'GET', path });
const list = (path: string): VaultCall => ({ method: 'LIST', path });
const SIGNING: VaultRole[] = ['api', 'worker'];
const NOBODY: VaultRole[] = [];

/** What can be asked of Vault, and who is given it. */
const OPERATIONS: [string, VaultCall | (() => VaultCall), VaultRole[]][] = [
  ['sign', post('transit/sign/origin-signing', { ...input, signature_algorithm: 'pss' }), SIGNING],
  ['read the signing key', get('transit/keys/origin-signing'), [...VAULT_ROLES]],
  ['wrap', post('transit/encrypt/origin-wrapping', plaintext), SIGNING],
  ['unwrap', () => post('transit/decrypt/origin-wrapping', { ciphertext }), SIGNING],
  ['take the pepper', post('transit/hmac/origin-pepper', input), ['api', 'worker', 'tools']],
  ['renew the own token', post('auth/token/renew-self'), [...VAULT_ROLES]],
  ['rotate a key', post('transit/keys/origin-wrapping/rotate'), ['operator']],
  ['look at the wrapping key', get('transit/keys/origin-wrapping'), ['operator']],
  ['read a policy of the product', get('sys/policies/acl/origin-api'), ['operator']],
  ['take a snapshot', get('sys/storage/raft/snapshot'), ['operator']],

  ['make a key', post('transit/keys/another', { type: 'aes256-gcm96' }), NOBODY],
  ['delete a key', { method: 'DELETE', path: 'transit/keys/origin-signing' }, NOBODY],
  ['make a key removable', post('transit/keys/origin-signing/config', { deletion_allowed: true }), NOBODY],
  ['list keys', list('transit/keys'), NOBODY],
  ['export the signing key', get('transit/export/signing-key/origin-signing'), NOBODY],
  ['export the wrapping key', get('transit/export/encryption-key/origin-wrapping'), NOBODY],
  ['export the pepper', get('transit/export/hmac-key/origin-pepper'), NOBODY],
  ['back up a key', get('transit/backup/origin-signing'), NOBODY],
  ['restore a key', post('transit/restore/another', { backup: 'AAAA' }), NOBODY],
  ['encrypt by the signing key', post('transit/encrypt/origin-signing', plaintext), NOBODY],
  [
    'decrypt by the signing key',
    post('transit/decrypt/origin-signing', { ciphertext: 'vault:v1:AAAA' }),
    NOBODY,
  ],
  ['authenticate by the wrapping key', post('transit/hmac/origin-wrapping', input), NOBODY],
  ['authenticate by the signing key', post('transit/hmac/origin-signing', input), NOBODY],
  ['sign by the pepper', post('transit/sign/origin-pepper', input), NOBODY],
  ['make a data key in Vault', post('transit/datakey/plaintext/origin-wrapping'), NOBODY],
  ['wrap anew', () => post('transit/rewrap/origin-wrapping', { ciphertext }), NOBODY],
  ['trim versions', post('transit/keys/origin-signing/trim', { min_available_version: 1 }), NOBODY],

  ['list roles', list('auth/approle/role'), NOBODY],
  ['read a role', get('auth/approle/role/origin-api'), NOBODY],
  ['give a role more', post('auth/approle/role/origin-api', { token_policies: ['origin-operator'] }), NOBODY],
  ['make a role', post('auth/approle/role/another', { token_policies: ['origin-api'] }), NOBODY],
  ['have a secret id made up', post('auth/approle/role/origin-api/secret-id'), NOBODY],
  ['list secret ids', list('auth/approle/role/origin-api/secret-id'), NOBODY],
  ['write a policy that is not the product', post('sys/policies/acl/another', { policy: '' }), NOBODY],
  ['list policies', list('sys/policies/acl'), NOBODY],
  ['make a token', post('auth/token/create'), NOBODY],
  ['make an orphan', post('auth/token/create-orphan'), NOBODY],
  ['look at the own token', get('auth/token/lookup-self'), NOBODY],
  ['list tokens', list('auth/token/accessors'), NOBODY],
  ['keep something in a cubbyhole', post('cubbyhole/mine', { a: 1 }), NOBODY],
  ['see the engines', get('sys/mounts'), NOBODY],
  ['mount an engine', post('sys/mounts/another', { type: 'transit' }), NOBODY],
  ['unmount the keys', { method: 'DELETE', path: 'sys/mounts/transit' }, NOBODY],
  ['see the ways to log in', get('sys/auth'), NOBODY],
  ['make a way to log in', post('sys/auth/another', { type: 'approle' }), NOBODY],
  ['see the audit', get('sys/audit'), NOBODY],
  ['end the audit', { method: 'DELETE', path: 'sys/audit/stdout' }, NOBODY],
  ['restore a snapshot', post('sys/storage/raft/snapshot-force'), NOBODY],
  ['read the store', list('sys/raw/'), NOBODY],
  ['see the servers', get('sys/storage/raft/configuration'), NOBODY],
  ['make random bytes', post('sys/tools/random'), NOBODY],
  ['wrap a response', post('sys/wrapping/wrap', { a: 1 }), NOBODY],
  ['make an entity', post('identity/entity', { name: 'another' }), NOBODY],
];

describe('a role of Vault', () => {
  test.each(OPERATIONS)('may %s where that is its work, and nowhere else', async (_, operation, allowed) => {
    const one = typeof operation === 'function' ? operation() : operation;
    for (const role of VAULT_ROLES) {
      const { status, body } = await as(role, one);
      const said = `${role}: ${status} ${JSON.stringify(body?.errors)}`;
      if (allowed.includes(role)) expect([200, 204], said).toContain(status);
      else expect(status, said).toBe(403);
    }
  });

  test.each(['api', 'worker', 'tools'] as const)(
    '%s seals nothing and rewrites no policy or secret id',
    async (role) => {
      const secret_id = randomUUID();
      for (const one of [
        post('sys/seal'),
        post('sys/policies/acl/origin-api', { policy: '' }),
        post('auth/approle/role/origin-api/custom-secret-id', { secret_id }),
        post('auth/approle/role/origin-operator/secret-id/destroy', { secret_id }),
      ]) {
        expect((await as(role, one)).status, one.path).toBe(403);
      }
      expect((await vault.call('api', get('sys/health'))).body).toMatchObject({ sealed: false });
    },
  );

  test('is entered by its own secret id alone', async () => {
    const login = (role: VaultRole, secret_id: string) =>
      vault.call(role, post('auth/approle/login', { role_id: `origin-${role}`, secret_id }));
    const own = await bundle.secret('tools/vault-secret-id');
    expect((await login('tools', own)).status).toBe(200);
    for (const [role, secret] of [
      ['tools', 'guess'],
      ['tools', ''],
      ['api', own],
      ['operator', own],
    ] as const) {
      expect((await login(role, secret)).status, role).toBe(400);
    }
    expect((await vault.call('api', get('transit/keys/origin-signing'))).status).toBe(403);
  });

  test('gets another secret id from the operator, both work until one is destroyed', async () => {
    const secret_id = randomUUID();
    const at = 'auth/approle/role/origin-tools';
    const login = async () =>
      (await vault.call('tools', post('auth/approle/login', { role_id: 'origin-tools', secret_id }))).status;
    expect((await as('operator', post(`${at}/custom-secret-id`, { secret_id }))).status).toBe(200);
    expect(await login()).toBe(200);
    expect(await vault.login('tools')).toEqual(expect.any(String));
    expect((await as('operator', post(`${at}/secret-id/destroy`, { secret_id }))).status).toBe(204);
    expect(await login()).toBe(400);
    expect(await vault.login('tools')).toEqual(expect.any(String));
  });
});
