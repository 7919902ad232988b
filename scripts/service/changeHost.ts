import { mkdir, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { lastLines, runTool } from '../engine/runTool.ts';
import { CommandError, PreconditionError } from '../lib/commandErrors.ts';
import { writeFileAtomically } from '../lib/writeFileAtomically.ts';
import type { HostFile } from './hostFiles.ts';
import { findOurs, type Host, lookAtHostFiles, refuseForeign } from './planService.ts';

/** Writes what is missing or differs, and lets the scheduler know. Returns the paths. */
export async function installService(host: Host): Promise<string[]> {
  const wanted = lookAtHostFiles(host).filter(({ state }) => state !== 'there');
  for (const file of wanted) refuseForeign(host, file);
  await asRoot(async () => {
    for (const file of wanted) await place(host, file);
  });
  await tellSystemd(host, ['daemon-reload']);
  const timers = wanted.map(({ path }) => path).filter((path) => path.endsWith('.timer'));
  const names = [...new Set(timers.map((path) => path.replace(/^.*\//, '')))];
  if (names.length > 0) await tellSystemd(host, ['start', ...names]);
  return wanted.map(({ path }) => path);
}

/** Takes away what `installService` wrote; what runs goes on. Returns the paths. */
export async function removeService(host: Host): Promise<string[]> {
  const ours = findOurs(host);
  const timers = ours.map(({ path }) => path).filter((path) => /system\/[^/]+\.timer$/.test(path));
  if (timers.length > 0)
    await tellSystemd(host, ['stop', ...timers.map((path) => path.replace(/^.*\//, ''))]);
  await asRoot(async () => {
    for (const { path } of ours) await rm(join(host.root, path), { force: true });
  });
  await tellSystemd(host, ['daemon-reload']);
  return ours.map(({ path }) => path);
}

async function place(host: Host, file: HostFile): Promise<void> {
  const path = join(host.root, file.path);
  await mkdir(dirname(path), { recursive: true });
  if ('content' in file) return await writeFileAtomically(path, file.content, { mode: 0o644 });
  await rm(path, { force: true });
  await symlink(file.target, path);
}

async function asRoot(change: () => Promise<void>): Promise<void> {
  try {
    await change();
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    throw new PreconditionError({
      what: `cannot write ${path ?? 'below /etc'}`,
      why: 'it takes root',
      next: 'type the same command with sudo',
    });
  }
}

/** Nothing where another folder stands for the host's root: no systemd runs there. */
async function tellSystemd(host: Host, args: string[]): Promise<void> {
  if (host.root !== '/' || host.scheduler !== 'systemd') return;
  const { code, output } = await runTool('systemctl', args);
  if (code === 0) return;
  throw new CommandError({
    what: `systemctl ${args.join(' ')} failed`,
    why: lastLines(output, 5),
    next: 'mend that, then run this again',
  });
}
