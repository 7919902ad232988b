import { HANG_UP } from './hangUp.ts';
import type { IdentityName } from './identities.ts';
import { nginxReload } from './nginxReload.ts';
import { redisCli } from './redisCli.ts';

/** A service that serves with an internal certificate, and how it takes a new one into force. */
export interface Serving {
  service: string;
  identity: IdentityName;
  ports: number[];
  /** Of these the one that admits others only: it is asked by nobody, since each wrong name is a warning in its log. */
  askedByNobody?: number;
  /** Where TLS begins after a word in plain. */
  starttls?: 'postgres';
  /** What is run in its container, one after the other; none where it looks by itself. */
  reload: (readonly string[])[];
  /** What to type where that fails. */
  ifRefused?: string;
}

// The password goes by the environment of this one process: arguments are everybody's to read.
const redisConfigSet = [
  'REDISCLI_AUTH=$(cat /run/secrets/operator-password) exec',
  ...redisCli('operator'),
  '-e CONFIG SET tls-cert-file /run/secrets/tls.crt tls-key-file /run/secrets/tls.key',
].join(' ');

/**
 * Every listener of the bundle with an internal certificate. None is restarted and none drops a connection: nginx and
 * s3-guard hand over to new workers, the others use the new pair for new connections. Who looks by himself does so within
 * 30 seconds (api, worker) or with each handshake (Prometheus, Alertmanager, the exporters), and comes last, so that the
 * others are done meanwhile. MinIO looks every 10 seconds, as its pair is linked to, and is told nevertheless.
 */
export const SERVING: readonly Serving[] = [
  { service: 'postgres', identity: 'postgres', ports: [5432], starttls: 'postgres', reload: [HANG_UP] },
  {
    service: 'redis',
    identity: 'redis',
    ports: [6379],
    reload: [['sh', '-c', redisConfigSet]],
    // An installation from before this user was planned.
    ifRefused:
      'where users.acl has no user operator: remove secrets/redis/users.acl as root, ./stack init, ./stack down and ./stack up',
  },
  { service: 'vault', identity: 'vault', ports: [8200], reload: [HANG_UP] },
  { service: 'minio', identity: 'minio', ports: [9000], reload: [HANG_UP] },
  { service: 's3-guard', identity: 's3-guard', ports: [9443], reload: nginxReload('s3-guard.conf') },
  { service: 'nginx', identity: 'nginx', ports: [9113], reload: nginxReload('nginx.conf') },
  { service: 'prometheus', identity: 'prometheus', ports: [9090], reload: [] },
  { service: 'alertmanager', identity: 'alertmanager', ports: [9093], reload: [] },
  { service: 'node-exporter', identity: 'node-exporter', ports: [9100], reload: [] },
  { service: 'postgres-exporter', identity: 'postgres-exporter', ports: [9187], reload: [] },
  { service: 'redis-exporter', identity: 'redis-exporter', ports: [9121], reload: [] },
  { service: 'blackbox-exporter', identity: 'blackbox-exporter', ports: [9115], reload: [] },
  { service: 'api-a', identity: 'api', ports: [8443, 9443], askedByNobody: 8443, reload: [] },
  { service: 'api-b', identity: 'api', ports: [8443, 9443], askedByNobody: 8443, reload: [] },
  { service: 'worker', identity: 'worker', ports: [9443], reload: [] },
];
