import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { dockerEnv } from '../dockerEnv.ts';

/** Saves images into one compressed file that `docker load` reads; layers that they share are in it once. */
export async function saveImages(references: string[], file: string, signal: AbortSignal): Promise<void> {
  const child = spawn('docker', ['save', ...references], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: dockerEnv(),
  });
  let words = '';
  child.stderr.on('data', (chunk) => (words += chunk));
  const closed = once(child, 'close');
  try {
    await pipeline(child.stdout, createGzip({ level: 1 }), createWriteStream(file), { signal });
  } catch (error) {
    child.kill('SIGTERM');
    throw error;
  }
  const [code] = await closed;
  if (code !== 0) throw new Error(`docker save failed (exit ${code}): ${words.trim()}`);
}
