import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { PostgresBinaries } from './postgresBinaries.ts';
import { ServerRefusal } from './serverFailure.ts';
import { chooseServerIdentity } from './serverIdentity.ts';

/** PostgreSQL's paths end at 1024 bytes (MAXPGPATH), those of its own files included. */
const LONGEST_BYTES = 900;
/** initdb hands its own path to a shell, between double quotes. */
const SHELL_CHARACTERS = /["$`\\]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they end a line of a configuration or of a lock file.
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f]/;

const RENAME = 'move the checkout to a path of letters, digits, blanks and . _ - (for example below /opt)';
const RENAME_STATE = 'name another folder: --state-dir';

/**
 * Throws ServerRefusal where PostgreSQL could not run by its programs' path or with that data directory, which need not be
 * there. Nothing is made.
 */
export function requirePlace(dataDir: string, binaries: PostgresBinaries): void {
  const { initdb } = binaries;
  refuse(SHELL_CHARACTERS.exec(initdb), initdb, RENAME);
  refuse(CONTROL_CHARACTERS.exec(initdb), initdb, RENAME);
  refuse(CONTROL_CHARACTERS.exec(dataDir), dataDir, RENAME_STATE);
  refuseLong(initdb, 'move the checkout to a shorter path');
  refuseLong(dataDir, 'name a folder with a shorter path: --state-dir');
  chooseServerIdentity({ program: initdb, passableDir: nearestThere(dirname(dataDir)) });
}

function refuse(found: RegExpExecArray | null, path: string, next: string): void {
  if (!found) return;
  const shown = JSON.stringify(path);
  throw new ServerRefusal(
    `PostgreSQL cannot work with the character ${JSON.stringify(found[0])} in ${shown}`,
    next,
  );
}

function refuseLong(path: string, next: string): void {
  const sizeBytes = Buffer.byteLength(path);
  if (sizeBytes <= LONGEST_BYTES) return;
  throw new ServerRefusal(`PostgreSQL cannot work with a path of ${sizeBytes} bytes: ${path}`, next);
}

const nearestThere = (path: string): string => (existsSync(path) ? path : nearestThere(dirname(path)));
