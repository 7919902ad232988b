import { readFileSync } from 'node:fs';
import { runTool } from './runTool.ts';

/** What the host has. `compose` is version 2 or newer; a client without an engine counts for nothing. */
export type EngineState = {
  engine: { answers: boolean; version?: string; forbidden: boolean; installed: boolean };
  compose: boolean;
  buildx: boolean;
  root: boolean;
  systemd: boolean;
  /** `ID` and `VERSION_CODENAME` of os-release(5), and whether it is Debian, Ubuntu or a child of theirs with apt. */
  distribution: { name: string; codename: string; supported: boolean };
};

const ANSWER_MS = 10_000;

/** Looks at the host and changes nothing. */
export async function readEngineState(signal?: AbortSignal): Promise<EngineState> {
  const options = { signal, timeoutMs: ANSWER_MS };
  const [engine, compose, buildx, daemon, apt] = await Promise.all([
    askEngine(signal),
    runTool('docker', ['compose', 'version', '--short'], options),
    runTool('docker', ['buildx', 'version'], options),
    runTool('dockerd', ['--version'], options),
    runTool('apt-get', ['--version'], options),
  ]);
  return {
    engine: { ...engine, installed: daemon.code === 0 },
    compose: compose.code === 0 && isComposeV2(compose.output),
    buildx: buildx.code === 0,
    root: process.getuid?.() === 0,
    systemd: readOr('/proc/1/comm').trim() === 'systemd',
    distribution: describeDistribution(readOr('/etc/os-release'), apt.code === 0),
  };
}

/** Whether an engine answers, by the client's own settings; `forbidden` when it runs but this user may not speak to it. */
export async function askEngine(
  signal?: AbortSignal,
): Promise<{ answers: boolean; version?: string; forbidden: boolean }> {
  const { code, output } = await runTool('docker', ['version', '--format', '{{.Server.Version}}'], {
    signal,
    timeoutMs: ANSWER_MS,
  });
  if (code === 0) return { answers: true, version: output, forbidden: false };
  return { answers: false, forbidden: /permission denied/i.test(output) };
}

export const isComposeV2 = (version: string): boolean => Number(/^v?(\d+)\./.exec(version)?.[1] ?? 0) >= 2;

/** What os-release(5) says, as far as it matters here. */
export function describeDistribution(osRelease: string, hasApt: boolean): EngineState['distribution'] {
  const field = (name: string) => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(osRelease)?.[1] ?? '';
  const family = [field('ID'), ...field('ID_LIKE').split(' ')];
  return {
    name: field('PRETTY_NAME') || 'this system',
    codename: field('VERSION_CODENAME'),
    supported: hasApt && family.some((name) => name === 'debian' || name === 'ubuntu'),
  };
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
