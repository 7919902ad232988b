import { Jwks } from '@origin-stack/contract/certificates';
import { readJwks } from '@origin-stack/core/domain/certificates/signingKeyStore';
import { defineRoute, reply } from '../../http/route.ts';

const keys = {
  method: 'GET',
  params: null,
  query: null,
  body: null,
  replies: { 200: Jwks },
} as const;

export const getJwks = defineRoute({
  ...keys,
  errors: [],
  path: '/v1/keys/jwks.json',
  name: 'getJwks',
  summary: 'The public keys that certificates verify with, retired ones too',
  access: { scope: 'certificates:read' },
  async handler({ deps }) {
    return reply(200, await readJwks(deps.db));
  },
});

/** A key is listed before it signs; whoever meets one that a cache does not know yet asks again by himself. */
const JWKS_MAX_AGE_SECONDS = 300;

export const getWellKnownJwks = defineRoute({
  ...keys,
  forPages: { maxAgeSeconds: JWKS_MAX_AGE_SECONDS },
  errors: [],
  path: '/.well-known/jwks.json',
  name: 'getWellKnownJwks',
  summary: 'The same keys, for third parties',
  access: { public: 'third parties verify certificates without a key of ours' },
  async handler({ deps }) {
    return reply(200, await readJwks(deps.db));
  },
});
