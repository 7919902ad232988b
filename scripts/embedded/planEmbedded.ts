import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { presentRedisProgram } from '@origin-stack/core/infra/embedded/redisProgram';
import type { Plan } from '../lib/command.ts';
import { refuseHeldLock } from '../lib/runLock.ts';
import { readGivenSettings } from './givenSettings.ts';
import { requireKeysOfData } from './requireKeysOfData.ts';
import { requirePlaceHere } from './requirePlaceHere.ts';
import { secretNames } from './secretFiles.ts';
import { SIGNING_KEY_ID } from './serviceFiles.ts';
import type { EmbeddedOptions } from './startEmbedded.ts';
import { planStop } from './stopSupervisor.ts';
import { requireFreePorts } from './wantedPorts.ts';

/** Made at the first start, below `secrets/`, and never again. */
const MADE_ONCE = [
  ...Object.values(secretNames),
  'operator-key',
  'keys/master.key',
  `keys/${SIGNING_KEY_ID}.pem`,
];

/** What `startEmbedded` would do. Throws PreconditionError as it would, and LockedError where another is starting. */
export async function planEmbedded({
  dir,
  ports,
  postgresPort,
  redisPort,
}: Pick<EmbeddedOptions, 'dir' | 'ports' | 'postgresPort' | 'redisPort'>): Promise<Plan> {
  await requirePlaceHere(dir);
  await readGivenSettings(dir);
  await requireKeysOfData(dir);
  await refuseHeldLock(dir.lockFile);
  const orphans = (await planStop(dir)).steps;
  // What a killed run left has them, and is stopped first.
  if (orphans.length === 0) await requireFreePorts(ports);
  const missing = MADE_ONCE.filter((file) => !existsSync(join(dir.secrets, file)));
  const on = (port: number) => (port === 0 ? 'a free port' : `port ${port}`);
  const isNew = !existsSync(join(dir.postgresData, 'PG_VERSION'));
  const hasRedis = (await presentRedisProgram(dir.redisDownload)) !== undefined;
  const actions = [
    ...(missing.length > 0 ? [`make in ${dir.secrets}: ${missing.join(', ')}`] : []),
    ...(hasRedis ? [] : [`fetch the distribution's package of Redis into ${dir.redisDownload}`]),
    `start PostgreSQL on ${on(postgresPort)}${isNew ? `, with a new database in ${dir.postgresData}` : ''}`,
    `start Redis on ${on(redisPort)}, with its data in ${dir.redisData}`,
    `write the addresses of both in ${dir.secrets}, and bring the database to the newest schema`,
    `start the API on ${on(ports.api)}, its metrics on ${on(ports.internal)}`,
    `start the worker, its metrics on ${on(ports.workerInternal)}`,
    'check it with a real item',
  ];
  return {
    summary: 'would run the embedded default on 127.0.0.1',
    steps: [...orphans, ...actions.map((action) => ({ action }))],
  };
}
