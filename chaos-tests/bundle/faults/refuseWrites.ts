import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BundleDir } from '@origin-stack/scripts/bundle/bundleDir.ts';
import { composeArgv, docker, mustDocker } from '@origin-stack/scripts/bundle/compose.ts';
import { redisCli } from '@origin-stack/scripts/bundle/redisCli.ts';
import type { ChaosTarget } from '../chaosTarget.ts';
import type { Fault } from '../scenario.ts';

/** Replicas that the bundle does not have: what an old master asks for that a failover left behind. */
const REPLICAS = { missed: '1', none: '0' };

/**
 * Has Redis forget its scripts and refuse every write, while it answers, serves reads and keeps its connections. No process
 * of the bundle ends, and every container stays healthy.
 */
export const refuseWrites: Fault = {
  service: 'redis',
  async inject({ dir }) {
    const password = (await readFile(join(dir.secrets, 'worker', 'redis-password'), 'utf8')).trim();
    const client = ['exec', '-T', '-e', 'REDISCLI_AUTH', 'redis', ...redisCli('worker')];
    const flush = composeArgv(dir, ...client, '-e', 'SCRIPT', 'FLUSH');
    await mustDocker(flush, { env: { REDISCLI_AUTH: password } });
    await mustDocker(askFor(dir, REPLICAS.missed));
    return 'Redis forgets its scripts and refuses every write (min-replicas-to-write): its connections stay';
  },
  async heal({ dir }: Pick<ChaosTarget, 'dir'>) {
    // One that is away reads its own file when it starts.
    await docker(askFor(dir, REPLICAS.none));
  },
};

function askFor(dir: BundleDir, replicas: string): string[] {
  const set = [...redisCli('operator'), '-e', 'CONFIG', 'SET', 'min-replicas-to-write', replicas].join(' ');
  const asOperator = `REDISCLI_AUTH=$(cat /run/secrets/operator-password) exec ${set}`;
  return composeArgv(dir, 'exec', '-T', 'redis', 'sh', '-c', asOperator);
}
