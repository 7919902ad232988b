import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ServerRefusal } from './serverFailure.ts';
import { unpackDebianProgram } from './unpackDebianProgram.ts';

const run = promisify(execFile);

/**
 * A program with the environment and the folder that it must start in. A library path, which one that was unpacked needs,
 * is relative to that folder: between its parts stand `:` and `;`, which nothing can quote (ld.so(8)).
 */
export type Program = { path: string; env: NodeJS.ProcessEnv; cwd: string; version: string };

/** `downloadDir` keeps what had to be fetched; `report` is told in plain words what takes long. */
export type FindRedisOptions = { downloadDir: string; report?: (message: string) => void };

const names = ['redis-server', 'valkey-server'];

/**
 * Finds a real Redis or Valkey server: on PATH, else what an earlier run unpacked, else the distribution's own
 * packages, fetched and unpacked into `downloadDir` without root and without a change to the host.
 * Throws ServerRefusal that says what to install when there is none.
 */
export async function findRedisProgram(options: FindRedisOptions): Promise<Program> {
  const found = await presentRedisProgram(options.downloadDir);
  if (found) return found;
  const problems: string[] = [];
  for (const name of names) {
    options.report?.(`no Redis on this host: fetching the distribution's package ${name} into the checkout`);
    try {
      await unpackDebianProgram({ packageName: name, targetDir: join(options.downloadDir, name) });
      const program = await firstThatRuns(unpackedIn(options));
      if (program) return program;
      problems.push(`${name} does not run after unpacking`);
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  throw new ServerRefusal(
    `no Redis server on this host: ${problems.join('; ')}`,
    'install the package redis-server or valkey-server, then run this again',
  );
}

/** A server that this host has already, or undefined. */
export async function presentRedisProgram(downloadDir: string): Promise<Program | undefined> {
  return (await firstThatRuns(names.map(onPath))) ?? (await firstThatRuns(unpackedIn({ downloadDir })));
}

type Candidate = Pick<Program, 'path' | 'env' | 'cwd'>;

function onPath(name: string): Candidate {
  return { path: name, env: process.env.PATH === undefined ? {} : { PATH: process.env.PATH }, cwd: '/' };
}

function unpackedIn({ downloadDir }: FindRedisOptions): Candidate[] {
  return names.map((name) => {
    const cwd = join(downloadDir, name);
    const libraryDirs = ['usr/lib', 'lib'].flatMap((dir) => [join(dir, debianTriplet()), dir]);
    return { path: join(cwd, 'usr/bin', name), env: { LD_LIBRARY_PATH: libraryDirs.join(':') }, cwd };
  });
}

function debianTriplet(): string {
  return process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
}

async function firstThatRuns(candidates: Candidate[]): Promise<Program | undefined> {
  for (const { path, cwd, ...candidate } of candidates) {
    const env = { ...searchPath(), ...candidate.env };
    const result = await run(path, ['--version'], { env, cwd }).catch(() => undefined);
    if (result) return { path, env, cwd, version: result.stdout.trim() };
  }
  return undefined;
}

/** Servers are found where a distribution puts them, whatever PATH a service manager hands down. */
function searchPath(): NodeJS.ProcessEnv {
  return { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
}
