import { readFileSync } from 'node:fs';
import { runTool } from './runTool.ts';
import { describeEngine } from './unfitEngine.ts';

/** What an engine says, by the client's own settings; `forbidden` when it runs but this user may not speak to it. */
export type EngineAnswer =
  | { answers: true; version: string; kind: string; forbidden: false }
  | { answers: false; forbidden: boolean };

/** What the host has. A client without an engine counts for nothing. */
export type EngineState = {
  engine: EngineAnswer & { installed: boolean };
  /** The version of the plugin, empty where there is none: Compose 1 was a program of its own. */
  compose: string;
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
    // Warnings of the client may stand before it.
    compose: compose.code === 0 ? (compose.output.split('\n').at(-1) ?? '') : '',
    buildx: buildx.code === 0,
    root: process.getuid?.() === 0,
    systemd: readOr('/proc/1/comm').trim() === 'systemd',
    distribution: describeDistribution(readOr('/etc/os-release'), apt.code === 0),
  };
}

/** Whether an engine answers, and which. */
export async function askEngine(signal?: AbortSignal): Promise<EngineAnswer> {
  const { code, output } = await runTool('docker', ['version', '--format', '{{json .}}'], {
    signal,
    timeoutMs: ANSWER_MS,
  });
  if (code === 0) return { answers: true, ...describeEngine(output), forbidden: false };
  return { answers: false, forbidden: /permission denied/i.test(output) };
}

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
