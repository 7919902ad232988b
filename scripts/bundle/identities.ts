/** Who a container is: the uid that it runs as, the one reader of `secrets/<name>/`, and its name on internal certificates. */
export interface Identity {
  /** Folder below `secrets/`. */
  name: string;
  uid: number;
  /** The common name; for a database role it is the role's, which PostgreSQL demands (`clientcert=verify-full`). */
  commonName: string;
  /** Names under which others reach it, beside `localhost`. */
  dnsNames: string[];
}

const identity = (name: string, uid: number, more: Partial<Identity> = {}): Identity => ({
  name,
  uid,
  commonName: name,
  dnsNames: [name],
  ...more,
});

/** Every identity of the bundle. Two replicas of one service share theirs. */
export const IDENTITIES = [
  identity('nginx', 10101),
  identity('api', 10001, { commonName: 'origin_api', dnsNames: ['api-a', 'api-b'] }),
  identity('worker', 10002, { commonName: 'origin_worker' }),
  identity('cron', 10003),
  identity('migrate', 10004, { commonName: 'origin_owner', dnsNames: [] }),
  identity('tools', 10005, { commonName: 'origin_owner', dnsNames: [] }),
  identity('postgres', 10070),
  identity('redis', 10071),
  identity('minio', 10072),
  identity('vault', 10073),
  identity('s3-guard', 10104),
  identity('prometheus', 10080),
  identity('alertmanager', 10081),
  identity('node-exporter', 10082),
  identity('postgres-exporter', 10083, { commonName: 'origin_exporter' }),
  identity('redis-exporter', 10084),
  identity('blackbox-exporter', 10085),
] as const satisfies Identity[];

export type IdentityName = (typeof IDENTITIES)[number]['name'];
