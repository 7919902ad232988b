import http from 'node:http';
import https from 'node:https';
import nodeVault from 'node-vault';
import { z } from 'zod';
import type { EgressProxy } from '../egressProxy/egressProxy.ts';
import { viaProxy } from '../egressProxy/viaProxy.ts';
import type { TlsIdentity } from '../tlsIdentity.ts';
import { tlsAgent } from '../tlsOptions.ts';
import { withDeadline } from '../withDeadline.ts';
import { VaultError, vaultError } from './vaultError.ts';

export interface VaultSessionOptions {
  /** `http(s)://host[:port]`. */
  address: string;
  roleId: string;
  secretId: string;
  /** How long one request may take in all. */
  timeoutMs: number;
  tls?: TlsIdentity | undefined;
  proxy?: EgressProxy | undefined;
}

export interface VaultRequest<T> {
  path: string;
  /** Sent by POST; a GET where unset. */
  body?: object;
  /** What `data` of the answer must be. */
  answer: z.ZodType<T>;
}

/** Makes a request with a token that lives, and gives the `data` of the answer. Rejects with `VaultError`. */
export type VaultSession = <T>(request: VaultRequest<T>) => Promise<T>;

interface Token {
  value: string;
  leaseMs: number;
  /** When it is renewed, on the monotonic clock. */
  renewAtMs: number;
}

const Login = z.object({
  auth: z.object({ client_token: z.string().min(1), lease_duration: z.number().nonnegative() }),
});
const LOGIN = 'auth/approle/login';
const RENEWAL = 'auth/token/renew-self';
/** A connection that the other side closed while the request was on its way; everything asked here can be asked twice. */
const DROPPED = ['ECONNRESET', 'EPIPE'];

/**
 * A session of an AppRole, which begins with the first request. Its token is renewed after two thirds of its life, by
 * the request that finds it so; where it cannot be (its longest life is over, it was revoked, Vault's data is another) a
 * new one is taken. A refusal (403) is believed of a token that can still be renewed: then it is the policy's.
 */
export function openVaultSession(options: VaultSessionOptions): VaultSession {
  const { timeoutMs } = options;
  // The library would print tokens where DEBUG is set, and send the VAULT_TOKEN of the environment.
  const client = nodeVault({ endpoint: options.address, debug: () => {} });
  client.token = '';
  const agents = agentsOf(options);
  let token: Token | undefined;
  let changing: Promise<Token> | undefined;

  async function send(path: string, body: object | undefined, tokenValue: string): Promise<unknown> {
    const once = () => {
      const headers = tokenValue ? { 'X-Vault-Token': tokenValue } : {};
      const how = { timeout: timeoutMs, headers, ...agents };
      const sent = body ? client.write(path, body, how) : client.read(path, how);
      return withDeadline(sent, path, timeoutMs).catch((error: unknown) => {
        throw vaultError(path, error);
      });
    };
    return once().catch((error: VaultError) => {
      if (!DROPPED.includes(error.code)) throw error;
      return once();
    });
  }

  async function granted(path: string, body: object, tokenValue: string): Promise<Token> {
    const { auth } = parsed(path, Login, await send(path, body, tokenValue));
    // 0 is a token that does not end.
    const leaseMs = auth.lease_duration * 1000 || Number.POSITIVE_INFINITY;
    return { value: auth.client_token, leaseMs, renewAtMs: performance.now() + (leaseMs * 2) / 3 };
  }

  const logIn = () => granted(LOGIN, { role_id: options.roleId, secret_id: options.secretId }, '');

  async function renewOrLogIn(old: Token): Promise<Token> {
    const renewed = await granted(RENEWAL, {}, old.value).catch((error: VaultError) => {
      if (error.status >= 400 && error.status < 500) return undefined;
      throw error;
    });
    // Near the end of its longest life a token is renewed for less and less.
    if (!renewed || renewed.leaseMs < old.leaseMs / 2) return logIn();
    return { ...renewed, leaseMs: old.leaseMs };
  }

  /** Another token than `old`, or the same renewed; all who ask meanwhile get the same. */
  function change(old: Token | undefined): Promise<Token> {
    if (token && token !== old) return Promise.resolve(token);
    changing ??= (old ? renewOrLogIn(old) : logIn())
      .then((next) => {
        token = next;
        return next;
      })
      .finally(() => {
        changing = undefined;
      });
    return changing;
  }

  return async ({ path, body, answer }) => {
    const held = token && performance.now() < token.renewAtMs ? token : await change(token);
    const reply = await send(path, body, held.value).catch(async (error: VaultError) => {
      if (error.status !== 403) throw error;
      const other = await change(held);
      if (other.value === held.value) throw error;
      return send(path, body, other.value);
    });
    return parsed(path, z.object({ data: answer }), reply).data;
  };
}

/** The client's own agents where nothing is asked of them. */
function agentsOf(options: VaultSessionOptions): { httpAgent?: http.Agent; httpsAgent?: https.Agent } {
  const { tls, proxy } = options;
  if (!tls && !proxy) return {};
  const keepAlive = { keepAlive: true };
  const httpsAgent = viaProxy(tls ? tlsAgent(tls, keepAlive) : new https.Agent(keepAlive), options);
  return proxy ? { httpsAgent, httpAgent: viaProxy(new http.Agent(keepAlive), options) } : { httpsAgent };
}

function parsed<T>(operation: string, schema: z.ZodType<T>, reply: unknown): T {
  const result = schema.safeParse(reply);
  if (result.success) return result.data;
  throw new VaultError({ operation, code: 'IncompleteAnswer', status: 200 });
}
