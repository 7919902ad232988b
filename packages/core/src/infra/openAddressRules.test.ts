import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../config/readSettings.ts';
import { createLog } from './log.ts';
import { openAddressRules } from './openAddressRules.ts';

const log = createLog({ service: 'test', level: 'silent' });
const env = {
  ENVIRONMENT: 'test',
  DATABASE_URL: 'postgres://origin_api:pw@127.0.0.1:5555/origin',
  REDIS_URL: 'redis://localhost',
  MINIO_ENDPOINT: 'https://10.4.0.7',
  MINIO_ACCESS_KEY: 'origin-packs',
  MINIO_SECRET_KEY: 'q8Zr2kLm9XtB',
  AWS_KMS_ENDPOINT: 'http://[fd12::9]:4566',
  VAULT_ADDR: 'https://10.4.0.9:8200',
  EGRESS_PROXY_URL: 'http://10.4.0.10:3128',
  INTERNAL_HOST: '0.0.0.0',
  INTERNAL_PORT: '9191',
  API_PORT: '8181',
  OWN_LISTENERS: '127.0.0.1:9292,[fd12::7]:9393',
  SIGNING_KEY_PROVIDER: 'local',
  SIGNING_KEY_ID: 'k1',
  SIGNING_KEY_PATH: '/keys',
  LOCAL_ENCRYPTION_SALT: 'f0e1d2c3b4a5968778695a4b3c2d1e0f',
  WEBHOOK_ALLOWED_CIDRS: '0.0.0.0/0,::/0',
};
const open = (more: Record<string, string> = {}) => openAddressRules(readSettings({ ...env, ...more }), log);

describe('the rules for webhooks', () => {
  it.each([
    ['the database', '127.0.0.1', 5555],
    ['Redis at its usual port', '127.0.0.1', 6379],
    ['Redis over IPv6', '::1', 6379],
    ['Redis at another address of loopback', '127.9.9.9', 6379],
    ['Redis at no address, which is loopback', '0.0.0.0', 6379],
    ['Redis in an IPv6 address that carries its own', '64:ff9b::7f00:1', 6379],
    ['the object store at the port of https', '10.4.0.7', 443],
    ['the key service', 'fd12::9', 4566],
    ['Vault', '10.4.0.9', 8200],
    ['the egress proxy', '10.4.0.10', 3128],
    ['the internal listener', '127.0.0.1', 9191],
    ['the public listener', '127.0.0.1', 8181],
    ['a listener of another process', '127.0.0.1', 9292],
    ['it over IPv6', '::1', 9292],
    ['it in a v4-mapped address', '::ffff:127.0.0.1', 9292],
    ['a listener elsewhere', 'fd12::7', 9393],
  ])('refuse %s whatever the operator allows: %s, port %i', async (_, address, port) => {
    const rules = await open();
    expect(rules.admits(address, port)).toBe(false);
    expect(rules.admits(address, 40_000)).toBe(true);
  });

  it('refuse what listens on this machine at each of its addresses', async () => {
    const rules = await open();
    const own = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
    expect(own.length).toBeGreaterThan(0);
    for (const { address } of own) expect(rules.admits(address.replace(/%.*/, ''), 5555)).toBe(false);
  });

  it('refuse the database where the query of its URL overrules the authority', async () => {
    const rules = await open({ DATABASE_URL: 'postgres://a:b@db.invalid/x?host=10.4.0.8&port=6000' });
    expect(rules.admits('10.4.0.8', 6000)).toBe(false);
    expect(rules.admits('10.4.0.8', 5432)).toBe(true);
  });

  it('refuse the port of a part whose name has no address, in all that the operator allows', async () => {
    const rules = await open({
      REDIS_URL: 'redis://redis.invalid:6380',
      WEBHOOK_ALLOWED_CIDRS: '10.0.0.0/8',
    });
    expect(rules.admits('10.1.2.3', 6380)).toBe(false);
    expect(rules.admits('10.1.2.3', 6381)).toBe(true);
    expect(rules.admits('8.8.8.8', 6380)).toBe(true);
  });
});
