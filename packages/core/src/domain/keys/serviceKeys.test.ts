import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { generateApiKey } from './apiKey.ts';
import { recogniseServiceKey, ServiceKeyList } from './serviceKeys.ts';

const NOW_MS = Date.parse('2026-06-01T00:00:00Z');

function listed(kind: 'op' | 'svc', more: Partial<ServiceKeyList[number]> = {}) {
  const { key, prefix } = generateApiKey(kind);
  const sha256 = createHash('sha256').update(key).digest('hex');
  const entry = { prefix, kind, service: 'prometheus', scopes: ['metrics:read'], sha256, expires_at: null };
  return { key, entry: { ...entry, ...more } };
}

const recognise = (entries: unknown[], key: string) =>
  recogniseServiceKey(ServiceKeyList.parse(entries), key, NOW_MS);

describe('recogniseServiceKey', () => {
  it('names service and scopes of a listed key among others', () => {
    const { key, entry } = listed('svc');
    expect(recognise([listed('op').entry, entry, listed('svc').entry], key)).toEqual({
      service: 'prometheus',
      key_prefix: `ok_svc_${entry.prefix}`,
      scopes: ['metrics:read'],
      expires_at: null,
    });
  });

  it('knows no key that is not listed, and none of a tenant', () => {
    const { entry } = listed('svc');
    expect(recognise([entry], generateApiKey('svc').key)).toBeUndefined();
    const live = generateApiKey('live');
    const sha256 = createHash('sha256').update(live.key).digest('hex');
    expect(recognise([{ ...entry, prefix: live.prefix, sha256 }], live.key)).toBeUndefined();
  });

  it('wants prefix, kind and digest of one entry', () => {
    const { key, entry } = listed('svc');
    const other = listed('svc').entry;
    expect(recognise([{ ...entry, prefix: other.prefix }], key)).toBeUndefined();
    expect(recognise([{ ...entry, kind: 'op' }], key)).toBeUndefined();
    expect(recognise([{ ...entry, sha256: other.sha256 }], key)).toBeUndefined();
    expect(recognise([{ ...entry, sha256: other.sha256 }, entry], key)).toBeDefined();
  });

  it('refuses a key from the moment it expires', () => {
    const at = (expires_at: string) => {
      const { key, entry } = listed('svc', { expires_at });
      return recognise([entry], key);
    };
    expect(at('2026-06-01T00:00:00.001Z')).toBeDefined();
    expect(at('2026-06-01T00:00:00Z')).toBeUndefined();
    expect(at('2026-06-01T01:00:00+02:00')).toBeUndefined();
  });
});

describe('ServiceKeyList', () => {
  it.each([
    ['an expiry that is no time, which would never come', { expires_at: 'next year' }],
    ['a digest that is not 32 bytes in hex', { sha256: 'zz'.repeat(32) }],
    ['a scope of tenants', { scopes: ['ingest:write'] }],
    ['no scope', { scopes: [] }],
    ['a member that nobody knows', { sha1: '00' }],
  ])('refuses %s', (_, wrong) => {
    expect(ServiceKeyList.safeParse([{ ...listed('svc').entry, ...wrong }]).success).toBe(false);
  });
});
