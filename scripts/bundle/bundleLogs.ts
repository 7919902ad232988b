import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PreconditionError, UsageError } from '../lib/commandErrors.ts';
import { redact } from '../lib/redact.ts';
import type { BundleDir } from './bundleDir.ts';
import { type Container, listContainers } from './containers.ts';
import { dockerEnv } from './dockerEnv.ts';

interface LogsOptions {
  service: string | undefined;
  follow: boolean;
  lines: number;
  json: boolean;
  print(line: string): void;
  signal: AbortSignal;
}

/** Prints the containers' logs as the engine keeps them, each line with its service, nothing secret in any. */
export async function bundleLogs(dir: BundleDir, options: LogsOptions): Promise<void> {
  const { service, follow, lines, json, print, signal } = options;
  const containers = await listContainers(dir);
  const known = containers.map((container) => container.service);
  if (known.length === 0) throw new PreconditionError({ what: 'there are no logs yet', next: './stack up' });
  if (service !== undefined && !known.includes(service)) {
    throw new UsageError({ what: `there is no log of "${service}"`, why: `there are: ${known.join(', ')}` });
  }
  const wanted = containers.filter((container) => service === undefined || container.service === service);
  const width = Math.max(...wanted.map((container) => container.service.length));
  const show = (name: string, line: string) => {
    const safe = redact(line);
    print(json ? JSON.stringify({ service: name, line: safe }) : `${name.padEnd(width)} | ${safe}`);
  };
  // The engine's words, not Compose's: those begin each line with an escape sequence, and no prefix of theirs can be told
  // from what a service wrote.
  await Promise.all(wanted.map((container) => stream(container, { follow, lines, signal, show })));
  // Who follows ends it so; elsewhere something is missing.
  if (!follow) signal.throwIfAborted();
}

async function stream(
  { id, service }: Container,
  options: Pick<LogsOptions, 'follow' | 'lines' | 'signal'> & { show(name: string, line: string): void },
): Promise<void> {
  const { follow, lines, signal, show } = options;
  // It may have come before: an event of the past is told to nobody.
  if (signal.aborted) return;
  const flags = ['--tail', String(lines), ...(follow ? ['--follow'] : [])];
  const child = spawn('docker', ['logs', ...flags, id], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: dockerEnv(),
  });
  const end = () => child.kill('SIGINT');
  signal.addEventListener('abort', end, { once: true });
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on('line', (line) => show(service, line));
  }
  await once(child, 'close');
  signal.removeEventListener('abort', end);
}
