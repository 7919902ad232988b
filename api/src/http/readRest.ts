import type { Readable } from 'node:stream';

/** How much is read on of what nobody wants, and how long: sixteen times the largest body that is taken. */
const REST = { bytes: 16 * 1_048_576, timeoutMs: 10_000 };

/**
 * Reads what still comes after a refusal, and drops it. A connection that is closed on unread bytes is reset, and the reset can
 * take the answer along (RFC 9112, 9.6); a proxy counts it as a failure of this process. Resolves when all has come, the
 * client went away, or a bound is reached.
 */
export function readRest(stream: Readable): Promise<void> {
  if (stream.destroyed || stream.readableEnded) return Promise.resolve();
  return new Promise((resolve) => {
    let bytes = 0;
    const end = () => {
      clearTimeout(timer);
      stream.off('data', count).pause();
      resolve();
    };
    const timer = setTimeout(end, REST.timeoutMs);
    const count = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > REST.bytes) end();
    };
    for (const event of ['end', 'error', 'close']) stream.once(event, end);
    stream.on('data', count).resume();
  });
}
