import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from './redisProgram.ts';
import { ServerFailure } from './serverFailure.ts';

/** Redis's last words over an append-only file with damage before its end. */
const WORDS = 'Bad file format reading the append only file';

/** The same failure with the way out, where Redis did not start because its append-only file is damaged. */
export function explainDamage(error: unknown, { program, dataDir }: { program: Program; dataDir: string }) {
  if (!(error instanceof ServerFailure) || !error.message.includes(WORDS)) return error;
  const manifest = join(dataDir, 'appendonlydir', 'appendonly.aof.manifest');
  const file = existsSync(manifest) ? manifest : join(dataDir, 'appendonly.aof');
  const tool = program.path.replace(/-server$/, '-check-aof');
  const libraries = program.env.LD_LIBRARY_PATH;
  const there = libraries === undefined ? '' : `cd ${quote(program.cwd)} && LD_LIBRARY_PATH=${libraries} `;
  const next = `copy ${dataDir} away; this cuts off all that was written from the damage on: ${there}${quote(tool)} --fix ${quote(file)}`;
  return new ServerFailure(error.message, next, { cause: error });
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
