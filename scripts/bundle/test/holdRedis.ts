import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { inspectService } from './containerFaults.ts';
import type { TheBundle } from './theBundle.ts';

const DEADLINE_MS = 10_000;

/** One connection to Redis that is kept open. */
export interface HeldRedis extends AsyncDisposable {
  /** Asks on that very connection. Throws where it was closed. */
  ping(): Promise<string>;
}

/** Opens it within Redis' own container, by TLS alone: a client of Redis would connect anew and say nothing. */
export async function holdRedis(bundle: TheBundle): Promise<HeldRedis> {
  const { id } = await inspectService(bundle, 'redis');
  const identity = ['-cert', '/run/secrets/tls.crt', '-key', '/run/secrets/tls.key'];
  const client = ['openssl', 's_client', '-quiet', '-connect', 'localhost:6379', ...identity];
  const child = spawn('docker', ['exec', '--interactive', id, ...client], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (command: string) => {
    child.stdin.write(`${command}\r\n`);
    const late = AbortSignal.timeout(DEADLINE_MS);
    const { value, done } = await Promise.race([
      lines.next(),
      once(late, 'abort').then(() => ({ value: 'no answer', done: false })),
    ]);
    if (done) throw new Error('Redis closed the connection');
    return value as string;
  };
  const admitted = await ask('AUTH health x');
  if (admitted !== '+OK') throw new Error(`Redis said ${admitted}`);
  return {
    ping: () => ask('PING'),
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    },
  };
}
