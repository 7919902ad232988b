import { connect, type Socket } from 'node:net';

export interface RawExchange {
  socket: Socket;
  /** Everything that came so far. */
  received(): string;
  /** All that came until the server closed the connection; fails where it does not. */
  ended(deadlineMs?: number): Promise<string>;
}

/** Sends bytes as they are on a connection of their own: what no HTTP client would send. */
export async function rawExchange(port: number, bytes: string | Buffer = ''): Promise<RawExchange> {
  // Half open, as an attacker's: nothing ends only because we end.
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => void chunks.push(chunk));
  // A reset is an end too: what came before it counts.
  const closed = new Promise<void>((resolve) => {
    for (const event of ['end', 'close', 'error']) socket.once(event, () => resolve());
  });
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  if (bytes.length > 0) socket.write(bytes);
  const received = () => Buffer.concat(chunks).toString('latin1');
  return {
    socket,
    received,
    async ended(deadlineMs = 10_000) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        const tell = () =>
          reject(new Error(`not closed within ${deadlineMs} ms, after: ${received().slice(0, 500)}`));
        timer = setTimeout(tell, deadlineMs);
      });
      try {
        await Promise.race([closed, late]);
        return received();
      } finally {
        clearTimeout(timer);
        socket.destroy();
      }
    },
  };
}

/** The statuses of the replies in what came, in their order. */
export const statusesIn = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 ([0-9]{3}) [A-Z]/g)].map((match) => Number(match[1]));
