import { readFile } from 'node:fs/promises';
import { processSettingsOf } from '@origin-stack/core/config/readSettings';
import { createLog } from '@origin-stack/core/infra/log';
import { migrate, pendingMigrations } from '@origin-stack/core/infra/migrate';
import { StartError } from '@origin-stack/core/infra/runProcess';
import { openTlsIdentity, type TlsIdentity } from '@origin-stack/core/infra/tlsIdentity';
import { findBundle, isInBundle } from './bundle/findBundle.ts';
import { planInBundle, runInBundle } from './bundle/runInBundle.ts';
import { findRunning } from './embedded/runState.ts';
import { serviceFiles } from './embedded/serviceFiles.ts';
import { locateStateDir } from './embedded/stateDir.ts';
import { defineCommand } from './lib/command.ts';
import { PreconditionError } from './lib/commandErrors.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';

const TLS = ['TLS_CA_FILE', 'TLS_CERT_FILE', 'TLS_KEY_FILE', 'TLS_EXTRA_CA_FILE'] as const;

/** How the schema's owner connects. */
async function owner(stateRoot: string | undefined): Promise<[url: string, tls?: TlsIdentity]> {
  if (isInBundle()) {
    const settings = processSettingsOf(['DATABASE_URL', ...TLS]);
    const log = createLog({ service: 'migrate', level: 'info' });
    const tls = await openTlsIdentity(settings, { log });
    return tls ? [settings.DATABASE_URL, tls] : [settings.DATABASE_URL];
  }
  const dir = locateStateDir(stateRoot);
  if (!(await findRunning(dir))) {
    throw new PreconditionError({
      what: 'nothing runs here',
      why: 'the database must be running',
      next: './stack up',
    });
  }
  return [await readFile(serviceFiles(dir).urls.owner, 'utf8')];
}

export const command = defineCommand({
  name: 'migrate',
  summary: 'Bring the database to the newest schema',
  details:
    '`./stack up` does this by itself. Two at once are safe: the second waits and finds nothing to do.',
  examples: ['./stack migrate', './stack migrate --dry-run'],
  flags: { 'state-dir': stateDirFlag },
  async plan({ flags, ...context }) {
    const bundle = await findBundle(flags['state-dir']);
    if (bundle) return await planInBundle(bundle, 'migrate', context);
    const pending = await pendingMigrations(...(await owner(flags['state-dir'])));
    return {
      summary: pending.length > 0 ? 'would run, in this order' : 'the schema is the newest',
      steps: pending.map((name) => ({ action: `run ${name}`, name })),
    };
  },
  async run({ flags, ...context }) {
    const bundle = await findBundle(flags['state-dir']);
    if (bundle) return await runInBundle(bundle, 'migrate', context);
    const ran = await migrate(...(await owner(flags['state-dir']))).catch((error: unknown) => {
      if (error instanceof StartError) throw new PreconditionError({ what: error.message }, { cause: error });
      throw error;
    });
    return { data: { ran }, text: ran.length > 0 ? `ran ${ran.join(', ')}` : 'nothing to do' };
  },
});
