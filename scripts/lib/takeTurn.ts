import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const AGAIN_MS = 5;

/**
 * Waits until nobody else on this host does what `name` names, and keeps others from it until disposed of. The kernel
 * gives the turn on when a process dies: it is an address of the abstract namespace (unix(7)), which no file is left of.
 */
export async function takeTurn(name: string): Promise<AsyncDisposable> {
  const address = `\0origin-stack-${createHash('sha256').update(name).digest('hex')}`;
  for (;;) {
    const server = createServer();
    try {
      server.listen(address);
      await once(server, 'listening');
      return {
        async [Symbol.asyncDispose]() {
          server.close();
          await once(server, 'close');
        },
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      await sleep(AGAIN_MS);
    }
  }
}
