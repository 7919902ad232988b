import { randomBytes } from 'node:crypto';
import type { TestCertificate } from '../tls/testAuthority.ts';

/** Role ids of the test server, whose policies are those of the product's services. */
export const OPENBAO_ROLES = ['origin-api', 'origin-tools', 'origin-operator'] as const;
export type OpenbaoRole = (typeof OPENBAO_ROLES)[number];
export type SecretIds = Record<OpenbaoRole, string>;

const POLICIES: Record<OpenbaoRole, string[]> = {
  'origin-api': [
    'transit/sign/origin-signing update',
    'transit/keys/origin-signing read',
    'transit/encrypt/origin-wrapping update',
    'transit/decrypt/origin-wrapping update',
    'transit/hmac/origin-pepper update',
    'auth/token/renew-self update',
  ],
  'origin-tools': ['transit/hmac/origin-pepper update', 'auth/token/renew-self update'],
  'origin-operator': [
    'transit/keys/* create,read,update',
    'sys/policies/acl/* update',
    'sys/seal update,sudo',
    'auth/token/lookup update',
    'auth/approle/* read,update,list,sudo',
    'auth/token/revoke-accessor update,sudo',
    'auth/token/accessors/ list,sudo',
  ],
};

export const makeSecretIds = (): SecretIds => ({
  'origin-api': randomBytes(20).toString('hex'),
  'origin-tools': randomBytes(20).toString('hex'),
  'origin-operator': randomBytes(20).toString('hex'),
});

export interface OpenbaoPlace {
  dir: string;
  port: number;
  clusterPort: number;
  certificate: TestCertificate;
  secretIds: SecretIds;
  tokenTtlSeconds: number;
}

const request = (name: string, path: string, data: string) =>
  `  request "${name}" {\n    operation = "update"\n    path = "${path}"\n    data = ${data}\n  }\n`;

const policyText = (rules: string[]) =>
  rules
    .map((rule) => {
      const [path, capabilities = ''] = rule.split(' ');
      return `path \\"${path}\\" { capabilities = [${capabilities.replace(/\w+/g, '\\"$&\\"')}] }`;
    })
    .join(' ');

/** A server that opens itself and has the product's keys, over mutual TLS: as in the bundle, but small. */
export function openbaoConfig(place: OpenbaoPlace): string {
  const { dir, port, clusterPort, certificate } = place;
  const key = (name: string, type: string) => request(name, `transit/keys/${name}`, type);
  const roles = OPENBAO_ROLES.flatMap((role) => {
    const at = `auth/approle/role/${role}`;
    const ttl = `token_ttl = "${place.tokenTtlSeconds}s", token_max_ttl = "1h"`;
    return [
      request(`policy-${role}`, `sys/policies/acl/${role}`, `{ policy = "${policyText(POLICIES[role])}" }`),
      request(role, at, `{ token_policies = ["${role}"], token_no_default_policy = true, ${ttl} }`),
      request(`id-${role}`, `${at}/role-id`, `{ role_id = "${role}" }`),
      request(`secret-${role}`, `${at}/custom-secret-id`, `{ secret_id = "${place.secretIds[role]}" }`),
    ];
  });
  return `
disable_mlock = true
api_addr = "https://127.0.0.1:${port}"
cluster_addr = "https://127.0.0.1:${clusterPort}"
storage "raft" {
  path = "${dir}/raft"
  node_id = "test"
  performance_multiplier = 1
}
listener "tcp" {
  address = "127.0.0.1:${port}"
  cluster_address = "127.0.0.1:${clusterPort}"
  tls_cert_file = "${certificate.cert}"
  tls_key_file = "${certificate.key}"
  tls_client_ca_file = "${certificate.ca}"
  tls_require_and_verify_client_cert = true
}
seal "static" {
  current_key_id = "1"
  current_key = "file://${dir}/seal-key"
}
initialize "product" {
${request('transit', 'sys/mounts/transit', '{ type = "transit" }')}
${request('approle', 'sys/auth/approle', '{ type = "approle" }')}
${key('origin-signing', '{ type = "rsa-2048" }')}
${key('origin-wrapping', '{ type = "aes256-gcm96" }')}
${key('origin-pepper', '{ type = "hmac", key_size = 32 }')}
${roles.join('')}
}
`;
}
