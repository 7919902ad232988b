import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CHECKOUT } from '../bundleDir.ts';
import { composeArgv, docker } from '../compose.ts';
import { theBundle } from './theBundle.ts';

/** The command of every line of the crontab. */
async function jobs(): Promise<string[][]> {
  const lines = (await readFile(join(CHECKOUT, 'cron', 'crontab'), 'utf8')).split('\n');
  return lines
    .filter((line) => /^[0-9*@]/.test(line))
    .map((line) => line.split(/\s+/).slice(line.startsWith('@') ? 1 : 5));
}

test('every job of the crontab works where it is to run', async () => {
  const { dir } = await theBundle();
  const all = await jobs();
  expect(all.length).toBeGreaterThan(0);
  for (const job of all) {
    const { code, stdout, stderr } = await docker(composeArgv(dir, 'exec', '-T', 'cron', ...job));
    expect(`${stderr}${code === 0 ? '' : stdout}`).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ level: 'info', service: 'cron' });
  }
});

test('the job that looks at the served certificate fails where nobody serves one', async () => {
  const { dir } = await theBundle();
  const program = 'scripts/bundle/inContainer/checkServedCertificate.ts';
  const { code, stdout } = await docker(
    composeArgv(dir, 'exec', '-T', 'cron', 'node', program, 'nginx', '8444'),
  );
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ level: 'error', job: 'served-certificate' });
});
