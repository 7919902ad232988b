import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { issue, makeAuthority } from '../certificates.ts';
import type { IdentityName } from '../identities.ts';
import { logOf } from './containerFaults.ts';
import type { Try } from './inContainer/tryConnections.ts';
import { openProbe, type Probe } from './openProbe.ts';
import { type ClientIdentity, type TheBundle, theBundle } from './theBundle.ts';

let bundle: TheBundle;
let probe: Probe;
/** One whom another authority vouches for, by the very name that is admitted. */
const strangers = new Map<string, ClientIdentity>();

beforeAll(async () => {
  bundle = await theBundle();
  probe = await openProbe(bundle, 'app', 'data', 'storage', 'vault', 'monitoring');
  const { ca } = await bundle.identity('api');
  const foreign = await makeAuthority('Origin Stack internal CA', 1);
  for (const commonName of ['nginx', 'prometheus', 'origin_api']) {
    const { certificate, key } = await issue(foreign, { commonName, names: ['localhost'], days: 1 });
    strangers.set(commonName, { ca, cert: certificate, key });
  }
});

afterAll(() => probe?.[Symbol.asyncDispose]());

const ask = (input: Try[]) => probe.run('tryConnections', input);

interface Port {
  host: string;
  port: number;
  path: string;
  /** Who is admitted, and with what status the good case ends. */
  as: IdentityName;
  status: string;
}

const port = (host: string, number: number, more: Partial<Port> & Pick<Port, 'path'>): Port => ({
  host,
  port: number,
  as: 'prometheus',
  status: '200',
  ...more,
});

const HTTPS_PORTS: Port[] = [
  port('api-a', 8443, { path: '/health/live', as: 'nginx' }),
  port('api-b', 8443, { path: '/health/live', as: 'nginx' }),
  port('api-a', 9443, { path: '/health/live' }),
  port('api-b', 9443, { path: '/health/live' }),
  port('worker', 9443, { path: '/health/live' }),
  port('s3-guard', 9443, { path: '/alive', as: 'api', status: '204' }),
  port('vault', 8200, { path: '/v1/sys/health', as: 'api' }),
  port('prometheus', 9090, { path: '/-/ready' }),
  port('alertmanager', 9093, { path: '/-/ready' }),
  port('node-exporter', 9100, { path: '/metrics' }),
  port('postgres-exporter', 9187, { path: '/metrics' }),
  port('redis-exporter', 9121, { path: '/metrics' }),
  port('blackbox-exporter', 9115, { path: '/metrics' }),
  port('nginx', 9113, { path: '/metrics' }),
];

describe.each(HTTPS_PORTS)('$host:$port', ({ host, port, path, as, status }) => {
  test('serves a certificate of this installation, and refuses plain text, nobody and a stranger', async () => {
    const own = await bundle.identity(as);
    const stranger = strangers.get(as === 'api' ? 'origin_api' : as) as ClientIdentity;
    const at = { kind: 'http', host, port, path } as const;
    const [good, ...bad] = await ask([
      { ...at, tls: own },
      at,
      { ...at, tls: { ca: own.ca } },
      { ...at, tls: stranger },
    ]);
    expect(good).toEqual({ served: true, says: status });
    for (const outcome of bad) expect(outcome, JSON.stringify(bad)).toMatchObject({ served: false });
  });
});

test('the public listeners of the API admit nginx alone, also among services of this installation', async () => {
  const names = ['worker', 'prometheus', 'api', 'cron', 's3-guard', 'nginx'] as const;
  const tries = await Promise.all(
    names.map(async (name) => ({
      kind: 'http' as const,
      host: 'api-a',
      port: 8443,
      path: '/health/live',
      tls: await bundle.identity(name),
    })),
  );
  const outcomes = await ask(tries);
  const served = names.filter((_, index) => outcomes[index]?.served);
  expect(served, JSON.stringify(outcomes)).toEqual(['nginx']);
});

test('PostgreSQL serves a role by TLS, its password and a certificate of its name, and nobody with less', async () => {
  const [api, worker] = [await bundle.identity('api'), await bundle.identity('worker')];
  const password = await bundle.secret('postgres/api-password');
  const at = { kind: 'postgres', host: 'postgres', port: 5432, user: 'origin_api', password } as const;
  const [good, plain, nobody, other, stranger, wrongPassword, superuser] = await ask([
    { ...at, tls: api },
    at,
    { ...at, tls: { ca: api.ca } },
    { ...at, tls: worker },
    { ...at, tls: strangers.get('origin_api') as ClientIdentity },
    { ...at, tls: api, password: 'guess' },
    { ...at, tls: api, user: 'postgres' },
  ]);
  expect(good).toEqual({ served: true, says: 'origin_api' });
  expect(plain).toMatchObject({ served: false, says: expect.stringContaining('no encryption') });
  expect(nobody).toMatchObject({ served: false });
  expect(other).toMatchObject({ served: false });
  expect(stranger).toMatchObject({ served: false });
  expect(wrongPassword).toMatchObject({ served: false });
  expect(superuser).toMatchObject({ served: false });
});

test('the server that sets roles and passwords is at no socket where the health check would find it', async () => {
  const starts = (await logOf(bundle, 'postgres')).split('starting PostgreSQL').slice(1);
  const isServer = (start: string) => start.includes('listening on IPv4 address');
  expect(starts.filter((start) => !isServer(start)).length).toBeGreaterThan(0);
  for (const start of starts)
    expect(start.includes('Unix socket "/run/postgresql/'), start).toBe(isServer(start));
});

test('Redis serves a user of its list by TLS with a certificate, and nobody with less', async () => {
  const tls = await bundle.identity('api');
  const password = await bundle.secret('api/redis-password');
  const at = { kind: 'redis', host: 'redis', port: 6379, user: 'api', password } as const;
  const [good, plain, nobody, stranger, unnamed, wrongPassword] = await ask([
    { ...at, tls },
    at,
    { ...at, tls: { ca: tls.ca } },
    { ...at, tls: strangers.get('origin_api') as ClientIdentity },
    { kind: 'redis', host: 'redis', port: 6379, tls },
    { ...at, tls, password: 'guess' },
  ]);
  expect(good).toEqual({ served: true, says: 'PONG' });
  for (const outcome of [plain, nobody, stranger]) expect(outcome).toMatchObject({ served: false });
  expect(unnamed).toMatchObject({ served: false, says: expect.stringContaining('NOAUTH') });
  expect(wrongPassword).toMatchObject({ served: false, says: expect.stringContaining('WRONGPASS') });
});

test('MinIO serves by TLS, and refuses plain text', async () => {
  const { ca } = await bundle.identity('s3-guard');
  const at = { kind: 'http', host: 'minio', port: 9000, path: '/minio/health/live' } as const;
  const [good, plain] = await ask([{ ...at, tls: { ca } }, at]);
  expect(good).toEqual({ served: true, says: '200' });
  expect(plain).toMatchObject({ served: false });
});
