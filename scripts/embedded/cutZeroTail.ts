import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CHECKOUT } from '../lib/checkout.ts';

/** The redis image starts by the same program. */
const PROGRAM = join(CHECKOUT, 'compose/images/redis/cut-zero-tail');

/** Makes the data of a Redis that a power failure stopped fit to start, and gives what that took, or nothing. */
export async function cutZeroTail(dataDir: string): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)('/bin/sh', [PROGRAM, dataDir]);
  return stdout.trim() || undefined;
}
