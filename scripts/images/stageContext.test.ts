import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { CHECKOUT } from '../lib/checkout.ts';
import { hashInputs } from './hashInputs.ts';
import { inputFiles } from './inputFiles.ts';
import { stageContext } from './stageContext.ts';

/** A copy of what the image app is made of, made under `umask 077` as a clone would be. */
async function privateCheckout(): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'origin-private-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const paths = (await inputFiles(CHECKOUT, 'app')).map(({ path }) => path);
  const script = 'umask 077; tar -C "$0" --files-from=- -cf - | tar -C "$1" --no-same-permissions -xf -';
  execFileSync('sh', ['-c', script, CHECKOUT, dir], { input: paths.join('\n') });
  for (const parent of ['base', 'go'])
    execFileSync('sh', [
      '-c',
      'umask 077; cp -R "$0" "$1"',
      `${CHECKOUT}/compose/images/${parent}`,
      `${dir}/compose/images`,
    ]);
  return dir;
}

it('stages what everybody can read, whatever umask the checkout was made under', async () => {
  const checkout = await privateCheckout();
  expect(statSync(join(checkout, 'api')).mode & 0o777).toBe(0o700);
  const context = await stageContext(checkout, 'app');
  onTestFinished(context.remove);
  const staged = readdirSync(context.path, { recursive: true, withFileTypes: true });
  expect(staged.filter((one) => one.isFile())).toHaveLength((await inputFiles(CHECKOUT, 'app')).length);
  for (const one of staged) {
    const mode = statSync(join(one.parentPath, one.name)).mode & 0o777;
    expect([0o644, 0o755]).toContain(mode);
    if (one.isDirectory()) expect(mode).toBe(0o755);
  }
  expect(await hashInputs(checkout, 'app')).toBe(await hashInputs(CHECKOUT, 'app'));
});

it('keeps what can be run as it is', async () => {
  const context = await stageContext(CHECKOUT, 'base');
  onTestFinished(context.remove);
  const program = 'compose/images/base/bin/install-packages';
  expect(statSync(join(context.path, program)).mode & 0o777).toBe(0o755);
});
