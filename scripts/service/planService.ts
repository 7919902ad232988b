import { existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { PreconditionError } from '../lib/commandErrors.ts';
import { type HostFile, hostFiles, MARK, type Scheduler } from './hostFiles.ts';

export interface Host {
  /** `/`, or the folder that stands for it. */
  root: string;
  stateDir: string | undefined;
  scheduler: Scheduler;
}

export type FileState = 'there' | 'missing' | 'differs';

/** Each file that belongs on the host, and how it is. */
export function lookAtHostFiles(host: Host): (HostFile & { state: FileState })[] {
  return hostFiles(host.scheduler, host.stateDir).map((file) => ({ ...file, state: stateOf(host, file) }));
}

/** Files of ours that are there, of either scheduler. Throws PreconditionError where one is somebody else's. */
export function findOurs(host: Host): HostFile[] {
  const all = [...hostFiles('systemd', host.stateDir), ...hostFiles('cron', host.stateDir)];
  const found = all.filter((file) => stateOf(host, file) !== 'missing');
  for (const file of found) refuseForeign(host, file);
  return found;
}

/** Which scheduler the host has. Throws PreconditionError where it has none that we know. */
export function findScheduler(root: string): Scheduler {
  // What sd_booted(3) looks at.
  if (existsSync(join(root, 'run/systemd/system'))) return 'systemd';
  if (existsSync(join(root, 'etc/cron.d'))) return 'cron';
  throw new PreconditionError({
    what: 'this host has neither systemd nor cron',
    why: '/run/systemd/system and /etc/cron.d are not there',
    next: 'apt-get install cron, then ./stack service install',
  });
}

/** Throws PreconditionError where a file has our name and not our mark. */
export function refuseForeign(host: Host, file: HostFile): void {
  const path = join(host.root, file.path);
  if ('target' in file || !exists(path) || readFileSync(path, 'utf8').startsWith(MARK)) return;
  throw new PreconditionError({
    what: `${path} was not written by ./stack service install`,
    why: 'its first line is not ours, so it stays',
    next: 'move it away, then run this again',
  });
}

function stateOf(host: Host, file: HostFile): FileState {
  const path = join(host.root, file.path);
  if (!exists(path)) return 'missing';
  const isLink = lstatSync(path).isSymbolicLink();
  if ('target' in file) return isLink && readlinkSync(path) === file.target ? 'there' : 'differs';
  return !isLink && readFileSync(path, 'utf8') === file.content ? 'there' : 'differs';
}

/** Also true for a link that leads nowhere. */
const exists = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
