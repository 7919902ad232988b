import { join } from 'node:path';
import { serviceOf } from '../../audit/inspected.ts';
import { defineCheck, error } from '../doctorCheck.ts';
import { objectStoreMismatches } from '../opens/objectStore.ts';
import { postgresMismatches } from '../opens/postgresRoles.ts';
import { redisMismatches } from '../opens/redisUsers.ts';
import { vaultMismatches } from '../opens/vaultRoles.ts';

/** By service: which of its secrets do not open it. What a service key opens, `service-keys` tries. */
const TRIED = {
  postgres: postgresMismatches,
  redis: redisMismatches,
  vault: vaultMismatches,
  minio: objectStoreMismatches,
};

/** A secret that was put back on one side only lets nobody in at the next start of the other. */
export const secretsOpen = defineCheck({
  name: 'secrets-open',
  rule: 'each secret opens what it is made for, as that runs',
  needs: 'running',
  readsSecrets: true,
  async detect({ dir, host, containers }) {
    const read = async (path: string) => (await host.read(join(dir.secrets, path)))?.trim();
    const running = containers.filter(({ State }) => State.Running).map(serviceOf);
    const tried = Object.entries(TRIED).filter(([service]) => running.includes(service));
    const found = await Promise.all(
      tried.map(async ([service, mismatches]) =>
        (await mismatches(dir, read)).map((path) =>
          error(
            `${dir.secrets}/${path} does not open ${service} as it runs`,
            'restore that file from a backup; or, where the file is the right one, have its reader read it: ./stack up',
          ),
        ),
      ),
    );
    return found.flat();
  },
});
