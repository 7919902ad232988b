import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openSecrets } from '@origin-stack/scripts/embedded/secretFiles.ts';
import { serviceSettings } from '@origin-stack/scripts/embedded/serviceSettings.ts';
import type { Product } from './startProduct.ts';

/** An API or a worker of our own beside the supervised one, so that its exit code is seen. */
export interface ServiceProcess {
  pid: number;
  exited: Promise<number | null>;
  /** Everything it said on both streams so far. */
  output(): string;
  kill(signal: NodeJS.Signals): void;
}

/** The settings that the supervisor gives a service of this product, on other ports. */
export async function settingsOf(
  product: Product,
  service: 'api' | 'worker',
  ports: { api: number; internal: number },
): Promise<Record<string, string>> {
  return serviceSettings(service, {
    dir: product.dir,
    secrets: await openSecrets(product.dir),
    ports: { ...ports, workerInternal: ports.internal },
  });
}

/** Starts a service with exactly these settings. */
export function startService(service: 'api' | 'worker', settings: Record<string, string>): ServiceProcess {
  const main = fileURLToPath(import.meta.resolve(`@origin-stack/${service}/main`));
  const child = spawn(process.execPath, [main], { env: settings, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      text += chunk;
    });
  }
  const exited = new Promise<number | null>((resolve) => {
    child.once('close', (code) => resolve(code));
  });
  return {
    pid: child.pid ?? -1,
    exited,
    output: () => text,
    kill: (signal) => void child.kill(signal),
  };
}

/** A line of a service's log. */
export interface LogLine {
  msg: string;
  level: string;
  correlation_id?: string;
  status?: number;
  code?: number;
}

/** The lines of a log that are JSON objects. */
export function readLogLines(text: string): LogLine[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line));
}
