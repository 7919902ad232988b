import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';

/**
 * For the length of this test `docker` does nothing but write down what it was told, a line each, into the file whose
 * path this returns: for what must not be said to an engine.
 */
export function recordDocker(root: string): string {
  const log = join(root, 'docker.log');
  dockerIs(root, `echo "$@" >>${log}`);
  return log;
}

/** For the length of this test `docker` is this script of sh: for what no engine can be made to say. */
export function dockerIs(root: string, script: string): void {
  mkdirSync(join(root, 'bin'));
  writeFileSync(join(root, 'bin', 'docker'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  vi.stubEnv('PATH', `${root}/bin:${process.env.PATH}`);
  onTestFinished(() => void vi.unstubAllEnvs());
}
