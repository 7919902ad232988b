import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@origin-stack/testkit/eventually';
import { lastLines, runTool } from '../../engine/runTool.ts';
import type { Namespace } from '../test/openNamespace.ts';

/** A Docker engine beside the host's, empty, and alone in a namespace with all that it builds. */
export interface OwnEngine extends AsyncDisposable {
  /** For `DOCKER_HOST`. */
  host: string;
}

const DEADLINES = { deadlineMs: 60_000, pollMs: 200 };

/** Starts one below a folder; its builds share the namespace's network, and it touches no rule of the host's. */
export async function startOwnEngine(namespace: Namespace, folder: string): Promise<OwnEngine> {
  const host = `unix://${join(folder, 'docker.sock')}`;
  const log = join(folder, 'dockerd.log');
  const flags = [
    ...['--host', host, '--pidfile', join(folder, 'docker.pid')],
    ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')],
    ...['--bridge=none', '--iptables=false', '--ip-forward=false', '--ip-masq=false'],
  ];
  const [command = '', ...enter] = namespace.enter;
  const file = await open(log, 'w');
  const child = spawn(command, [...enter, 'dockerd', ...flags], { stdio: ['ignore', file.fd, file.fd] });
  const ended = once(child, 'close');
  await file.close();
  const stop = async () => {
    if (child.exitCode === null) child.kill('SIGTERM');
    await ended;
  };
  try {
    await eventually(async () => {
      if (child.exitCode !== null) throw new Error('it ended');
      return (await runTool('docker', ['--host', host, 'version'])).code === 0;
    }, DEADLINES);
  } catch (error) {
    await stop();
    throw new Error(`no engine: ${lastLines(await readFile(log, 'utf8'), 5)}`, { cause: error });
  }
  return { host, [Symbol.asyncDispose]: stop };
}
