import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { inspect } from 'node:util';
import { eventually } from '@origin-stack/testkit/eventually';
import { type Openbao, openbaoAvailable, startOpenbao } from '@origin-stack/testkit/peers/openbao';
import { suspend } from '@origin-stack/testkit/suspend';
import { createTestAuthority, type TestAuthority } from '@origin-stack/testkit/tls/testAuthority';
import { compactVerify, importJWK } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { KeyProvider } from '../../domain/ports.ts';
import { createLog } from '../log.ts';
import { openTlsIdentity, type TlsIdentity } from '../tlsIdentity.ts';
import { proveKeyProvider } from './proveKeyProvider.ts';
import { openVault, openVaultPepper, type VaultOptions } from './vault.ts';
import { isVaultAway, type VaultError } from './vaultError.ts';

const installTimeoutMs = 10 * 60_000;
const openbao = openbaoAvailable();
const skipped = openbao.ok ? '' : ` (skipped: ${openbao.reason})`;
const log = createLog({ service: 'test', level: 'silent' });
const KEYS = {
  mount: 'transit',
  signingKeyId: 'origin-signing',
  wrappingKeyId: 'origin-wrapping',
  pepperKeyId: 'origin-pepper',
};
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: VaultError) => error,
  );

async function verify(provider: KeyProvider): Promise<boolean> {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${encode({ alg: 'PS256', kid: provider.signingKey.kid })}.${encode({ v: 1 })}`;
  const signature = Buffer.from(await provider.sign(Buffer.from(input))).toString('base64url');
  const key = await importJWK({ ...provider.signingKey }, 'PS256');
  await compactVerify(`${input}.${signature}`, key, { algorithms: ['PS256'] });
  return true;
}

describe.skipIf(!openbao.ok)(`keys in Vault${skipped}`, () => {
  let authority: TestAuthority;
  let peer: Openbao;
  let tls: TlsIdentity;
  let options: VaultOptions;
  let provider: KeyProvider;

  async function identityOf(of: TestAuthority): Promise<TlsIdentity> {
    const { cert, key } = await of.issue('origin_api');
    const files = {
      TLS_CA_FILE: authority.ca,
      TLS_CERT_FILE: cert,
      TLS_KEY_FILE: key,
      TLS_EXTRA_CA_FILE: undefined,
    };
    return (await openTlsIdentity(files, { log, lookEveryMs: 20 }))!;
  }
  beforeAll(async () => {
    authority = await createTestAuthority();
    peer = await startOpenbao(authority);
    tls = await identityOf(authority);
    const secretId = peer.secretIds['origin-api'];
    options = { ...KEYS, address: peer.url, roleId: 'origin-api', secretId, timeoutMs: 5_000, tls };
    provider = await openVault(options);
  }, installTimeoutMs);
  afterAll(async () => {
    tls?.close();
    await peer?.stop();
    await authority?.remove();
  });

  async function asOperator(path: string, body: object = {}) {
    const secret_id = peer.secretIds['origin-operator'];
    const login = await peer.call('auth/approle/login', { body: { role_id: 'origin-operator', secret_id } });
    const answer = await peer.call(path, { body, token: login.body.auth.client_token });
    expect(answer.status).toBeLessThan(300);
  }
  /** Ends every token of the role, as an operator does after an incident; the role itself works on. */
  async function revokeTokens() {
    const operator = await peer.call('auth/approle/login', {
      body: { role_id: 'origin-operator', secret_id: peer.secretIds['origin-operator'] },
    });
    const token = operator.body.auth.client_token;
    const { body } = await peer.call('auth/token/accessors/', { method: 'LIST', token });
    for (const accessor of body.data.keys) {
      if (accessor === operator.body.auth.accessor) continue;
      await peer.call('auth/token/revoke-accessor', { body: { accessor }, token });
    }
  }

  test('pass the proof that a provider must pass before the service starts, and are ready', async () => {
    await expect(proveKeyProvider(provider)).resolves.toBeUndefined();
    await expect(provider.check()).resolves.toBeUndefined();
  });

  test('sign a JWS that jose verifies', async () => {
    expect(provider.signingKey).toMatchObject({ kty: 'RSA', alg: 'PS256', use: 'sig', e: 'AQAB' });
    expect(await verify(provider)).toBe(true);
  });

  test('sign by the version that was the latest at the start, until the next start', async () => {
    await asOperator('transit/keys/origin-signing/rotate');
    expect(await verify(provider)).toBe(true);
    const next = await openVault(options);
    expect(next.signingKey.kid).not.toBe(provider.signingKey.kid);
    expect(await verify(next)).toBe(true);
  });

  test('wrap so that they unwrap, also what was wrapped before a rotation, and refuse what was tampered with', async () => {
    const secret = Buffer.alloc(4096, 7);
    const wrapped = await provider.wrap(secret);
    await asOperator('transit/keys/origin-wrapping/rotate');
    expect(wrapped).toMatch(/^vault:v1:/);
    expect(await provider.wrap(secret)).toMatch(/^vault:v2:/);
    expect(Buffer.from(await provider.unwrap(wrapped)).equals(secret)).toBe(true);
    const bytes = Buffer.from(wrapped.slice('vault:v1:'.length), 'base64');
    bytes[bytes.length - 1]! ^= 1;
    const failure = await failureOf(provider.unwrap(`vault:v1:${bytes.toString('base64')}`));
    expect(failure).toMatchObject({ name: 'VaultError', code: 'invalid_ciphertext', status: 400 });
    for (const text of ['', 'local:v1:AAAA', 'vault:v1:', 'vault:AAAA', `x${wrapped}`]) {
      await expect(provider.unwrap(text)).rejects.toThrow('not a key that Vault wrapped');
    }
  });

  test('give the same 32-byte MAC for a label for ever, whatever is rotated, also to who may do no more', async () => {
    const before = await provider.mac('label');
    expect(before.keyId).toBe('vault:origin-pepper:v1');
    expect(before.mac.length).toBe(32);
    await asOperator('transit/keys/origin-pepper/rotate');
    expect(await provider.mac('label')).toEqual(before);
    expect(await (await openVault(options)).mac('label')).toEqual(before);
    expect((await provider.mac('another')).mac.equals(before.mac)).toBe(false);
    const tools = { ...options, roleId: 'origin-tools', secretId: peer.secretIds['origin-tools'] };
    expect(await openVaultPepper(tools).mac('label')).toEqual(before);
    expect(await failureOf(openVault(tools))).toMatchObject({ code: 'permission_denied', status: 403 });
  });

  test('are not there for a wrong secret, an absent key, another mount or a key that does not sign', async () => {
    const refusals: [Partial<VaultOptions>, string][] = [
      [{ secretId: 'not-the-secret' }, 'vault auth/approle/login: invalid_role_or_secret_id (HTTP 400)'],
      [
        { signingKeyId: 'origin-wrapping' },
        'vault transit/keys/origin-wrapping: permission_denied (HTTP 403)',
      ],
      [{ mount: 'elsewhere' }, 'vault elsewhere/keys/origin-signing: permission_denied (HTTP 403)'],
    ];
    for (const [more, message] of refusals) {
      const failure = await failureOf(openVault({ ...options, ...more }));
      expect(failure?.message).toBe(message);
      expect(isVaultAway(failure)).toBe(false);
    }
  });

  test('that a policy forbids say so each time, are not away, and are there again when it allows them', async () => {
    const policy =
      'path "transit/keys/origin-signing" { capabilities = ["read"] } path "auth/token/renew-self" { capabilities = ["update"] }';
    const own = await openVault(options);
    const before = (await peer.call('sys/policies/acl/origin-api')).status;
    expect(before).toBe(403);
    await asOperator('sys/policies/acl/origin-api', { policy });
    for (let i = 0; i < 3; i += 1) {
      const failure = await failureOf(own.sign(Buffer.from('x')));
      expect(failure).toMatchObject({ code: 'permission_denied', operation: 'transit/sign/origin-signing' });
      expect(isVaultAway(failure)).toBe(false);
    }
    await expect(own.check()).rejects.toThrow('permission_denied');
    const whole = ['sign', 'encrypt', 'decrypt', 'hmac'].map(
      (name) => `path "transit/${name}/*" { capabilities = ["update"] }`,
    );
    await asOperator('sys/policies/acl/origin-api', { policy: [policy, ...whole].join(' ') });
    await own.check();
  });

  test('go on with a new token where theirs was revoked, with one login for all who ask at once', async () => {
    await provider.check();
    await revokeTokens();
    const all = Array.from({ length: 8 }, () => provider.mac('label'));
    expect(new Set((await Promise.all(all)).map(({ mac }) => mac.toString('hex'))).size).toBe(1);
  });

  test('survive a restart and a kill of Vault with the token that they have', async () => {
    const wrapped = await provider.wrap(Buffer.from('kept'));
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      await peer.restart(signal);
      expect(Buffer.from(await provider.unwrap(wrapped)).toString()).toBe('kept');
    }
  }, 60_000);

  test('are away while Vault is sealed, and there again when it is open', async () => {
    await asOperator('sys/seal');
    const works = [() => provider.check(), () => provider.sign(Buffer.from('x')), () => openVault(options)];
    for (const work of works) {
      const failure = await failureOf(work());
      expect(failure).toMatchObject({ code: 'sealed', status: 503 });
      expect(isVaultAway(failure)).toBe(true);
    }
    await peer.restart('SIGTERM');
    await eventually(() => provider.check().then(() => true));
  }, 60_000);

  test('are away, and known to be after the deadline, while Vault hangs', async () => {
    const impatient = await openVault({ ...options, timeoutMs: 300 });
    await suspend(peer.pid());
    try {
      const startMs = performance.now();
      const failure = await failureOf(impatient.mac('label'));
      expect(failure).toMatchObject({ code: 'Timeout', status: 0 });
      expect(isVaultAway(failure)).toBe(true);
      expect(performance.now() - startMs).toBeLessThan(1_000);
    } finally {
      process.kill(peer.pid(), 'SIGCONT');
    }
    await eventually(() => impatient.check().then(() => true));
  });

  test('are asked for with a renewed certificate, without a failed request', async () => {
    const before = tls.current();
    await authority.issue('origin_api');
    await eventually(() => tls.current() !== before);
    await Promise.all(Array.from({ length: 12 }, () => provider.check()));
  });

  test('are out of reach without a certificate, and for one of another authority', async () => {
    const stranger = await createTestAuthority();
    const foreign = await identityOf(stranger);
    for (const identity of [undefined, foreign]) {
      const failure = await failureOf(openVault({ ...options, tls: identity }));
      expect(failure).toMatchObject({ name: 'VaultError', status: 0 });
      expectNoSecrets(failure, [peer.secretIds['origin-api'], foreign.current().key]);
    }
    foreign.close();
    await stranger.remove();
  });

  test('hold no secret in the error when Vault is gone', async () => {
    const own = await openVault(options);
    await peer.stop();
    const failure = await failureOf(own.sign(Buffer.from('x')));
    expect(failure).toMatchObject({ code: 'ECONNREFUSED', status: 0 });
    expectNoSecrets(failure, [peer.secretIds['origin-api'], tls.current().key]);
  });
});

function expectNoSecrets(error: unknown, secrets: string[]): void {
  expect(error).not.toHaveProperty('cause');
  const everything = [inspect(error, { depth: 20, showHidden: true }), JSON.stringify(error)].join();
  for (const secret of [...secrets, 'PRIVATE KEY', 's.token-of-nobody'])
    expect(everything).not.toContain(secret);
}

describe('a Vault session', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections?.();
      server.close();
    }
  });

  async function sessionWith(server: Server, timeoutMs = 2_000) {
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const role = { roleId: 'role', secretId: 'secret-of-nobody' };
    return openVaultPepper({ ...KEYS, ...role, address, timeoutMs });
  }
  const hmac = { data: { hmac: `vault:v1:${Buffer.alloc(32).toString('base64')}` } };

  /** A Vault of which only the tokens matter: `leases` are the seconds that each login and renewal grants, `status` the rest's answer. */
  async function sessionOn(leases: number[], status = 200) {
    const requests: string[] = [];
    let tokens = 0;
    const answer: RequestListener = (request: IncomingMessage, response) => {
      const path = request.url!.replace('/v1/', '');
      requests.push(path);
      if (path.endsWith('login')) tokens += 1;
      response.setHeader('content-type', 'application/json');
      if (!path.startsWith('auth/')) return void response.writeHead(status).end(JSON.stringify(hmac));
      const auth = { client_token: `s.token-of-nobody-${tokens}`, lease_duration: leases.shift() ?? 3600 };
      response.end(JSON.stringify({ auth }));
    };
    return { pepper: await sessionWith(createServer(answer)), requests };
  }

  test('logs in once and uses its token until two thirds of its life are over', async () => {
    const { pepper, requests } = await sessionOn([3600]);
    await Promise.all([pepper.mac('a'), pepper.mac('b')]);
    await pepper.mac('c');
    expect(requests.filter((path) => path.startsWith('auth/'))).toEqual(['auth/approle/login']);
  });

  test('renews its token before it ends, and logs in anew where it is renewed for less than half', async () => {
    const { pepper, requests } = await sessionOn([0.1, 0.1, 0.04, 3600]);
    const logins = () => requests.filter((path) => path.startsWith('auth/'));
    await eventually(() => pepper.mac('a').then(() => logins().length >= 4));
    expect(logins()).toEqual([
      'auth/approle/login',
      'auth/token/renew-self',
      'auth/token/renew-self',
      'auth/approle/login',
    ]);
  });

  test('believes a refusal where its token can be renewed, and does not log in anew for it', async () => {
    const { pepper, requests } = await sessionOn([], 403);
    expect(await failureOf(pepper.mac('a'))).toMatchObject({ status: 403 });
    expect(await failureOf(pepper.mac('b'))).toMatchObject({ status: 403 });
    expect(requests.filter((path) => path.endsWith('login'))).toHaveLength(1);
  });

  test('gives up at the deadline what accepts and never answers', async () => {
    const pepper = await sessionWith(createTcpServer(() => {}) as Server, 300);
    const startMs = performance.now();
    expect(await failureOf(pepper.mac('a'))).toMatchObject({ code: 'Timeout', status: 0 });
    expect(performance.now() - startMs).toBeLessThan(1_000);
  });

  test('leaks no credential when its request is repeated in the answer', async () => {
    const echo: RequestListener = async (request, response) => {
      const body = (await request.toArray()).join('');
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ errors: [`${body} permission denied for ${JSON.stringify(request.headers)}`] }),
      );
    };
    const failure = await failureOf((await sessionWith(createServer(echo))).mac('a'));
    expect(failure).toMatchObject({ code: 'permission_denied', status: 400 });
    expectNoSecrets(failure, ['secret-of-nobody']);
  });

  test.each(['{}', '{"auth":{}}', '<html>', ''])(
    'refuses an answer that is not one of Vault: %j',
    async (text) => {
      const pepper = await sessionWith(createServer((_, response) => response.end(text)));
      expect(await failureOf(pepper.mac('a'))).toMatchObject({ code: 'IncompleteAnswer' });
    },
  );
});
