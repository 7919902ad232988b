import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { ServerRefusal } from './serverFailure.ts';

/** Which user a server runs as: null keeps the caller's own; `prefix` is put in front of every command. */
export type ServerIdentity = { uid: number; gid: number; prefix: string[] } | null;

/** The program that the server's user must be able to run, under which environment, and where it must get in. */
export type NeededPaths = { program: string; env?: NodeJS.ProcessEnv } & (
  | { writableDir: string }
  | { passableDir: string }
);

const ELSEWHERE =
  'move the checkout where every user can read it (for example below /opt), or run this as an ordinary user';

/**
 * Chooses the user for a server that refuses to run as root: the caller's own, or `nobody` when the caller
 * is root. Where `nobody` cannot reach the files (a checkout below a 0700 home), it keeps the one capability
 * that passes closed directories. Throws ServerRefusal where neither works.
 */
export function chooseServerIdentity(paths: NeededPaths): ServerIdentity {
  if (process.getuid?.() !== 0) return null;
  const { uid, gid } = findNobody();
  const plain = { uid, gid, prefix: [] };
  if (canReach(plain, paths)) return plain;
  // Reading past closed directories is enough; container engines grant only the wider capability.
  for (const capability of ['dac_read_search', 'dac_override']) {
    const withCapability = { uid, gid, prefix: keepCapability({ uid, gid, capability }) };
    if (canReach(withCapability, paths)) return withCapability;
  }
  throw new ServerRefusal(
    `PostgreSQL refuses to run as root, and the user nobody cannot reach ${paths.program} or ${dirOf(paths)}`,
    ELSEWHERE,
  );
}

/** The command and spawn options that run a program under an identity. */
export function runUnder(identity: ServerIdentity, command: string, args: string[]) {
  if (identity === null) return { command, args, user: {} };
  const [first, ...rest] = [...identity.prefix, command, ...args];
  const user = identity.prefix.length > 0 ? {} : { uid: identity.uid, gid: identity.gid };
  return { command: first ?? command, args: rest, user };
}

/** The user nobody of the host's own list; initdb looks its name up, so an arbitrary number would not do. */
function findNobody(): { uid: number; gid: number } {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('nobody:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) {
    throw new ServerRefusal(
      'PostgreSQL refuses to run as root, and this host has no user nobody',
      'run this as an ordinary user',
    );
  }
  return { uid: Number(uid), gid: Number(gid) };
}

/** initdb asks access(2), which sets capabilities aside unless this bit is set (capabilities(7), access(2)). */
function keepCapability(options: { uid: number; gid: number; capability: string }): string[] {
  const only = `-all,+${options.capability}`;
  const user = [`--reuid=${options.uid}`, `--regid=${options.gid}`, '--clear-groups'];
  const kept = [`--inh-caps=${only}`, `--ambient-caps=${only}`, '--securebits=+no_setuid_fixup'];
  return ['setpriv', ...user, ...kept, '--no-new-privs'];
}

const dirOf = (paths: NeededPaths): string =>
  'writableDir' in paths ? paths.writableDir : paths.passableDir;

/** PostgreSQL's programs exit 0 although access(2) refuses them their own file, and complain on stderr only. */
function canReach(identity: ServerIdentity, paths: NeededPaths): boolean {
  const writes = 'writableDir' in paths ? ' && test -w .' : '';
  const script = `[ -z "$("$0" --version 2>&1 >/dev/null)" ] && "$0" --version && cd "$1"${writes}`;
  const run = runUnder(identity, '/bin/sh', ['-c', script, paths.program, dirOf(paths)]);
  const env = { PATH: process.env.PATH, ...paths.env };
  return spawnSync(run.command, run.args, { ...run.user, env, cwd: '/', stdio: 'ignore' }).status === 0;
}
