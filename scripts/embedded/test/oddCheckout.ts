import { execFile } from 'node:child_process';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { copyCheckout } from '../../bundle/test/copyCheckout.ts';
import { CHECKOUT } from '../../lib/checkout.ts';

const run = promisify(execFile);

/** A checkout that is installed, in a folder of its own that only its owner may enter, as after `umask 077`. */
export async function makeOddCheckout(checkout: string): Promise<void> {
  await mkdir(checkout, { recursive: true });
  await copyCheckout(checkout);
  const modules = join(checkout, 'node_modules');
  // Links to the same files, where the file system is the same.
  await run('cp', ['-al', join(CHECKOUT, 'node_modules'), modules]).catch(async () => {
    await rm(modules, { recursive: true, force: true });
    await run('cp', ['-a', join(CHECKOUT, 'node_modules'), modules]);
  });
  await rm(join(modules, '.cache'), { recursive: true, force: true });
  // As the launcher writes it after npm ci: with it there is nothing to install.
  const stamp = 'rm -f "$1/.stack-stamp"; cksum <"$0" >"$1/.stack-stamp"';
  await run('sh', ['-c', stamp, join(checkout, 'package-lock.json'), modules]);
  // A host without Redis of its own has fetched one by now.
  await cp(join(CHECKOUT, '.stack/redis'), join(checkout, '.stack/redis'), { recursive: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    },
  );
  await run('find', [checkout, '-type', 'd', '-exec', 'chmod', '700', '{}', '+']);
}
