import { readFile } from 'node:fs/promises';
import { migrate, pendingMigrations } from '@origin-stack/core/infra/migrate';
import { findRunning } from './embedded/runState.ts';
import { serviceFiles } from './embedded/serviceFiles.ts';
import { locateStateDir } from './embedded/stateDir.ts';
import { defineCommand } from './lib/command.ts';
import { PreconditionError } from './lib/commandErrors.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';

async function ownerUrl(stateRoot: string | undefined): Promise<string> {
  const dir = locateStateDir(stateRoot);
  if (!(await findRunning(dir))) {
    throw new PreconditionError({
      what: 'nothing runs here',
      why: 'the database must be running',
      next: './stack up',
    });
  }
  return readFile(serviceFiles(dir).urls.owner, 'utf8');
}

export const command = defineCommand({
  name: 'migrate',
  summary: 'Bring the database to the newest schema',
  details:
    '`./stack up` does this by itself. Two at once are safe: the second waits and finds nothing to do.',
  examples: ['./stack migrate', './stack migrate --dry-run'],
  flags: { 'state-dir': stateDirFlag },
  async plan({ flags }) {
    const pending = await pendingMigrations(await ownerUrl(flags['state-dir']));
    return {
      summary: pending.length > 0 ? 'would run, in this order' : 'the schema is the newest',
      steps: pending.map((name) => ({ action: `run ${name}`, name })),
    };
  },
  async run({ flags }) {
    const ran = await migrate(await ownerUrl(flags['state-dir']));
    return { data: { ran }, text: ran.length > 0 ? `ran ${ran.join(', ')}` : 'nothing to do' };
  },
});
