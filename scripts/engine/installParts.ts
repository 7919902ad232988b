import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CommandError, PreconditionError } from '../lib/commandErrors.ts';
import type { Step } from '../lib/progress.ts';
import { unpackTrixiePackages } from './aptElsewhere.ts';
import { findDebianMirror } from './debianMirror.ts';
import { isAtLeast } from './isAtLeast.ts';
import type { EnginePart } from './planEngine.ts';
import { pluginPath } from './pluginPath.ts';
import { lastLines, runTool } from './runTool.ts';
import { OLDEST } from './unfitEngine.ts';

export const INSTALL_LOG = '/var/log/origin-stack-engine.log';
const PLUGIN_DIR = '/usr/libexec/docker/cli-plugins';

/** The plugins: the packages that hold them, the best first, and Debian trixie's. */
const plugins = {
  compose: {
    packages: ['docker-compose-v2', 'docker-compose-plugin', 'docker-compose'],
    trixie: 'docker-compose',
    // Under the last of these names Debian 12 has Compose 1, a program of its own.
    oldest: OLDEST.compose,
  },
  buildx: {
    packages: ['docker-buildx', 'docker-buildx-plugin'],
    trixie: 'docker-buildx',
    oldest: '0.0',
  },
} as const;
type Plugin = (typeof plugins)[keyof typeof plugins];

/** Installs the parts that are missing or too old: the distribution's packages first, then trixie's plugins beside them. */
export async function installParts(
  parts: EnginePart[],
  options: { step: Step; signal: AbortSignal },
): Promise<void> {
  const { step, signal } = options;
  step.update('reading the lists of packages');
  await apt(['update'], signal);
  const packages: string[] = [];
  const foreign: string[] = [];
  if (parts.includes('engine')) packages.push(...(await enginePackages()));
  for (const name of ['compose', 'buildx'] as const) {
    if (!parts.includes(name)) continue;
    const own = await firstAvailable(plugins[name]);
    if (own) packages.push(own);
    else foreign.push(plugins[name].trixie);
  }
  if (packages.length > 0) {
    step.update(`installing ${packages.join(', ')}`);
    await apt(['install', '-y', '--no-install-recommends', ...packages], signal);
  }
  if (foreign.length > 0) {
    step.update(`fetching ${foreign.join(', ')} of Debian trixie`);
    await installTrixiePlugins(foreign, signal);
  }
}

async function enginePackages(): Promise<string[]> {
  // The engine calls ps to say what runs in a container; Debian's package does not ask for it.
  const packages = ['docker.io', 'iptables', 'ca-certificates', 'procps'];
  // Newer releases have the client in a package of its own.
  if (await candidateOf('docker-cli')) packages.push('docker-cli');
  const appArmor = await readFile('/sys/module/apparmor/parameters/enabled', 'utf8').catch(() => 'N');
  if (appArmor.startsWith('Y')) packages.push('apparmor');
  return packages;
}

async function firstAvailable({ packages, oldest }: Plugin): Promise<string | undefined> {
  for (const name of packages) {
    const version = await candidateOf(name);
    if (version && isAtLeast(version, oldest)) return name;
  }
  return undefined;
}

async function candidateOf(name: string): Promise<string | undefined> {
  const { output } = await runTool('apt-cache', ['policy', name]);
  const version = /^ +Candidate: (\S+)$/m.exec(output)?.[1];
  return version === '(none)' ? undefined : version;
}

async function apt(args: string[], signal: AbortSignal): Promise<void> {
  const { code, output } = await runTool('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], {
    signal,
    env: { DEBIAN_FRONTEND: 'noninteractive' },
    logFile: INSTALL_LOG,
  });
  if (code === 0) return;
  throw new CommandError({
    what: `apt-get ${args[0]} failed`,
    why: lastLines(output, 5),
    next: `check the network, the proxy and apt's sources (${INSTALL_LOG}), then run this again`,
  });
}

async function installTrixiePlugins(names: string[], signal: AbortSignal): Promise<void> {
  const mirror = await findDebianMirror();
  if (!mirror) {
    throw new PreconditionError({
      what: `this release has no package for ${names.join(' and ')}, and its apt knows no mirror of Debian`,
      next: 'install the plugins Compose (v2) and buildx by hand, then: ./stack engine',
    });
  }
  const workDir = await mkdtemp(join(tmpdir(), 'origin-stack-engine-'));
  try {
    const root = await unpackTrixiePackages(names, { mirror, workDir, signal });
    for (const name of names) await placePlugin(join(root, PLUGIN_DIR, name), name);
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

async function placePlugin(from: string, name: string): Promise<void> {
  if (!existsSync(from)) throw new CommandError({ what: `the package ${name} holds no plugin`, why: from });
  // An older one that the client finds first would hide it.
  const target = pluginPath(name) ?? join(PLUGIN_DIR, name);
  await mkdir(dirname(target), { recursive: true });
  await copyFile(from, `${target}.new`);
  await chmod(`${target}.new`, 0o755);
  await rename(`${target}.new`, target);
}
