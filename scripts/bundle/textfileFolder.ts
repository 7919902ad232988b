import { chmod, chown, lstat, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PreconditionError } from '../lib/commandErrors.ts';
import type { WrittenAt } from './writtenSecrets.ts';

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

/** Makes the folder for metrics, or gives it its owner and mode. Throws as `lookAtTextfile` does. */
export async function openTextfile(folder: TextfileFolder): Promise<void> {
  if ((await lookAtTextfile(folder)) === 'there') return;
  const { path, uid } = folder;
  await mkdir(path, { recursive: true });
  // The mode of mkdir is less what the user's mask takes.
  await chmod(path, MODE);
  if (process.getuid?.() === 0) await chown(path, uid, uid);
}

/** With when the folder was made: its reader, where it runs since before, reads one that is gone. A missing one is made now. */
export async function withTextfile(writtenAt: WrittenAt, path: string): Promise<WrittenAt> {
  const madeAtMs = await stat(path).then(
    ({ birthtimeMs }) => birthtimeMs,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Date.now();
      throw error;
    },
  );
  return { ...writtenAt, 'node-exporter': Math.max(writtenAt['node-exporter'] ?? 0, madeAtMs) };
}

/** The paths of the metrics that our commands wrote, and of the folder where nobody else put any there. */
export async function findMetrics(path: string): Promise<string[]> {
  const found = await readdir(path).catch(() => undefined);
  if (found === undefined) return [];
  const isOurs = (name: string) => name === CERTIFICATE_METRICS || name.startsWith(`${CERTIFICATE_METRICS}.`);
  const ours = found.filter(isOurs).map((name) => join(path, name));
  return ours.length === found.length ? [...ours, path] : ours;
}
