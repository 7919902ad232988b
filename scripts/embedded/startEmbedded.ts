import { fileURLToPath } from 'node:url';
import { processSettingsOf } from '@origin-stack/core/config/readSettings';
import { bootstrapDatabase } from '@origin-stack/core/infra/bootstrapDatabase';
import { migrate } from '@origin-stack/core/infra/migrate';
import type { GivenSettings } from '../settings/checkSettings.ts';
import { postgresService, redisService } from './databaseServices.ts';
import { readGivenSettings } from './givenSettings.ts';
import { inCommandWords } from './inCommandWords.ts';
import { answersOk, programService } from './programService.ts';
import { requireKeysOfData } from './requireKeysOfData.ts';
import { requirePlaceHere } from './requirePlaceHere.ts';
import { openSecrets } from './secretFiles.ts';
import { DATABASE, makeServiceFiles, rolePasswords, writeAddresses } from './serviceFiles.ts';
import { type Ports, serviceSettings } from './serviceSettings.ts';
import { makeStateDir, type StateDir } from './stateDir.ts';
import { supervise } from './supervise.ts';
import { requireFreePorts, wantedPorts } from './wantedPorts.ts';

export interface EmbeddedOptions {
  dir: StateDir;
  ports: Ports;
  postgresPort: number;
  redisPort: number;
  signal: AbortSignal;
  report(message: string): void;
  onReady(): Promise<void>;
}

const main = (workspace: 'api' | 'worker') =>
  fileURLToPath(import.meta.resolve(`@origin-stack/${workspace}/main`));

/** Runs PostgreSQL, Redis, the API and the worker on loopback until `signal` aborts; their data stays. */
export async function startEmbedded(options: EmbeddedOptions): Promise<void> {
  const { dir, ports, signal, report } = options;
  await requirePlaceHere(dir);
  const given = await readGivenSettings(dir);
  await makeStateDir(dir);
  await requireKeysOfData(dir);
  const secrets = await openSecrets(dir);
  await makeServiceFiles(dir, given);
  const postgres = postgresService({ dir, secrets, report, postgresPort: options.postgresPort });
  const redis = redisService({ dir, secrets, report, redisPort: options.redisPort });
  const api = `http://127.0.0.1:${ports.api}`;
  const listening = wantedPorts(ports);
  const program = (name: 'api' | 'worker', port?: Parameters<typeof programService>[0]['port']) => ({
    dir,
    name,
    command: process.execPath,
    args: [main(name)],
    env: serviceSettings(name, { dir, secrets, ports, given }),
    stopDeadlineMs: stopDeadlineMs(given),
    ...(port ? { port } : {}),
  });
  const running = {
    dir,
    purpose: './stack up',
    beforeStart: () => requireFreePorts(ports),
    bases: [postgres, redis],
    async programs() {
      const passwords = rolePasswords(secrets);
      await bootstrapDatabase(postgres.url(), { database: DATABASE, passwords });
      const urls = await writeAddresses(dir, {
        superuserUrl: postgres.url(),
        redisUrl: redis.url(),
        passwords,
      });
      const ran = await migrate(urls.owner);
      if (ran.length > 0) report(`migrated the database: ${ran.join(', ')}`);
      return [
        programService({
          ...program('api', listening.api),
          isReady: answersOk(`${api}/ready`),
        }),
        programService({
          ...program('worker', listening.worker),
          isReady: answersOk(`http://127.0.0.1:${ports.workerInternal}/health/live`),
        }),
      ];
    },
    urls: { api, docs: `${api}/docs`, ready: `${api}/ready` },
    onReady: options.onReady,
    signal,
    report,
  };
  await inCommandWords(() => supervise(running));
}

/** Longer than a service waits for what is under way. */
const stopDeadlineMs = (given: GivenSettings): number =>
  (processSettingsOf(['SHUTDOWN_TIMEOUT_SECONDS'], given).SHUTDOWN_TIMEOUT_SECONDS + 5) * 1000;
