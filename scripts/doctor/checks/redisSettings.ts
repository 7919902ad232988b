import { join } from 'node:path';
import { serviceOf } from '../../audit/inspected.ts';
import { composeArgv, docker } from '../../bundle/compose.ts';
import { redisCli } from '../../bundle/redisCli.ts';
import { defineCheck, error, type Issue } from '../doctorCheck.ts';

/** Evicted or lost keys would be lost jobs, quotas and revocations; a replica, or a server that waits for one, takes none. */
const WANTED: Record<string, string> = {
  'maxmemory-policy': 'noeviction',
  appendonly: 'yes',
  appendfsync: 'everysec',
  port: '0',
  replicaof: '',
  'min-replicas-to-write': '0',
  'tls-auth-clients': 'yes',
};

export const redisSettings = defineCheck({
  name: 'redis-settings',
  rule: 'Redis takes writes, evicts nothing, appends to its file, and listens by mutual TLS only',
  needs: 'running',
  readsSecrets: true,
  async detect({ dir, containers, host }) {
    if (!containers.some((one) => serviceOf(one) === 'redis')) return [];
    const password = await host.read(join(dir.secrets, 'redis-exporter', 'redis-password'));
    if (password === undefined)
      return [error('the exporter’s password for Redis cannot be read', 'run this as root')];
    // The password goes by the environment: arguments are everybody's to read.
    const client = ['exec', '-T', '-e', 'REDISCLI_AUTH', 'redis', ...redisCli('exporter')];
    const argv = composeArgv(dir, ...client, 'config', 'get', ...Object.keys(WANTED));
    const { code, stdout } = await docker(argv, { env: { REDISCLI_AUTH: password.trim() } });
    const lines = stdout.trimEnd().split('\n');
    if (code !== 0 || lines.length < 2) return [error('Redis does not answer', './stack logs redis')];
    return redisIssues(lines, `docker ${composeArgv(dir, 'restart', 'redis').join(' ')}`);
  },
});

/** Holds the answer of CONFIG GET, names and values by turns, against what is wanted. Its start reads its file. */
export function redisIssues(lines: string[], restart: string): Issue[] {
  return Object.entries(WANTED).flatMap(([name, value]) => {
    const at = lines.indexOf(name);
    // The last line of an answer may be empty, and is cut off then.
    const found = at < 0 ? undefined : (lines[at + 1] ?? '');
    if (found === value) return [];
    return [error(`Redis runs with ${name} = ${found || 'nothing'}, not ${value || 'nothing'}`, restart)];
  });
}
