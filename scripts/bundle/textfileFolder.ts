import { chmod, chown, lstat, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PreconditionError } from '../lib/commandErrors.ts';
import type { IdentityName } from './identities.ts';

/** What `monitor-tls-certs` writes there for a bundle. */
export const CERTIFICATE_METRICS = 'certificates.prom';

/** Others may look: node-exporter reads it as a user of its own. */
const MODE = 0o755;

export type TextfileState = 'there' | 'missing' | 'differs';

interface TextfileFolder {
  path: string;
  /** The operator's: his commands and timers write there. */
  uid: number;
}

/**
 * How the folder for metrics is. Throws PreconditionError, with what to type, where something else has its name, or where
 * it is another user's and this one may not change that. Changes nothing.
 */
export async function lookAtTextfile({ path, uid }: TextfileFolder): Promise<TextfileState> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!found) return 'missing';
  const what = `${path} cannot hold the metrics`;
  const next = 'move it away, then type this again';
  if (!found.isDirectory()) throw new PreconditionError({ what, why: 'it is no folder', next });
  if (found.uid === uid) return (found.mode & 0o777) === MODE ? 'there' : 'differs';
  if (process.getuid?.() === 0) return 'differs';
  const why = `it belongs to uid ${found.uid}, not to the operator`;
  throw new PreconditionError({ what, why, next: `sudo chown ${uid} ${path}, then this again` });
}

/**
 * Makes the folder for metrics, or gives it its owner and mode; says how it was. Throws as `lookAtTextfile` does. A
 * container that runs reads the folder that it began with: it must be replaced where that was missing.
 */
export async function openTextfile(folder: TextfileFolder): Promise<TextfileState> {
  const state = await lookAtTextfile(folder);
  if (state === 'there') return state;
  const { path, uid } = folder;
  await mkdir(path, { recursive: true });
  // The mode of mkdir is less what the user's mask takes.
  await chmod(path, MODE);
  if (process.getuid?.() === 0) await chown(path, uid, uid);
  return state;
}

/** Who has to read the folder anew, where it was missing. */
export const textfileReader = (state: TextfileState): IdentityName[] =>
  state === 'missing' ? ['node-exporter'] : [];

/** The paths of the metrics that our commands wrote, and of the folder where nobody else put any there. */
export async function findMetrics(path: string): Promise<string[]> {
  const found = await readdir(path).catch(() => undefined);
  if (found === undefined) return [];
  const isOurs = (name: string) => name === CERTIFICATE_METRICS || name.startsWith(`${CERTIFICATE_METRICS}.`);
  const ours = found.filter(isOurs).map((name) => join(path, name));
  return ours.length === found.length ? [...ours, path] : ours;
}
