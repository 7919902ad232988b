import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CHECKOUT } from '../../lib/checkout.ts';
import { composeArgv, docker, mustDocker } from '../compose.ts';
import { theBundle } from './theBundle.ts';

const FOLDER = 'scripts/bundle/inContainer';

/** The command of every line of the crontab. */
async function jobs(): Promise<string[][]> {
  const lines = (await readFile(join(CHECKOUT, 'cron', 'crontab'), 'utf8')).split('\n');
  return lines
    .filter((line) => /^[0-9*@]/.test(line))
    .map((line) => line.split(/\s+/).slice(line.startsWith('@') ? 1 : 5));
}

/** What a job said in its one line, and its exit code. */
async function runJob(...job: string[]): Promise<{ code: number; stderr: string; said: object }> {
  const { dir } = await theBundle();
  const { code, stdout, stderr } = await docker(composeArgv(dir, 'exec', '-T', 'cron', ...job));
  return { code, stderr, said: JSON.parse(stdout) };
}

test('every job of the crontab works where it is to run', async () => {
  const all = await jobs();
  expect(all.length).toBeGreaterThan(1);
  for (const job of all) {
    const said = expect.objectContaining({ level: 'info', service: 'cron' });
    expect(await runJob(...job)).toEqual({ code: 0, stderr: '', said });
  }
});

test('the job that looks at the served certificate fails where nobody serves one', async () => {
  const { code, said } = await runJob('node', `${FOLDER}/checkServedCertificate.ts`, 'nginx', '8444');
  expect(code).toBe(1);
  expect(said).toMatchObject({ level: 'error', job: 'served-certificate' });
});

test('the job that has ledgers verified names one that was tampered with, and fails', async () => {
  const { dir } = await theBundle();
  // Done twice it is as if it had not been done.
  const tamper = () =>
    mustDocker(
      composeArgv(dir, 'exec', '-T', 'postgres', 'psql', '-h', '/run/postgresql', '-U', 'postgres', 'origin'),
      {
        input: `update ledger_events set prev_hash = reverse(prev_hash) where (tenant_id, sequence) =
          (select tenant_id, sequence from ledger_events order by 1, 2 limit 1);`,
      },
    );
  const verify = () => runJob('node', `${FOLDER}/verifyLedgers.ts`, 'worker', '9443');
  expect(await tamper()).toContain('UPDATE 1');
  try {
    const { code, said } = await verify();
    expect(code).toBe(1);
    expect(said).toMatchObject({
      level: 'error',
      job: 'verify-ledgers',
      failures: [
        { first_bad_sequence: 1, reason: 'the stored previous hash is not the hash of the event before' },
      ],
    });
  } finally {
    await tamper();
  }
  expect(await verify()).toMatchObject({ code: 0, said: { level: 'info' } });
});

test('the job that has ledgers verified fails where nobody answers, and where it is another service', async () => {
  for (const [host, port, msg] of [
    ['worker', '9444', /not verified: ECONNREFUSED/],
    ['api-a', '9443', /not verified: the worker refused \(404\)/],
  ] as const) {
    const { code, said } = await runJob('node', `${FOLDER}/verifyLedgers.ts`, host, port);
    expect(code).toBe(1);
    expect(said).toMatchObject({ level: 'error', msg: expect.stringMatching(msg) });
  }
});
