import { expect, test } from 'vitest';
import { auditBundle } from '../../audit/auditBundle.ts';
import { mustDocker } from '../compose.ts';
import { inspectService } from './containerFaults.ts';
import { theBundle } from './theBundle.ts';

test('every container runs as hardened as it is declared, and nothing has drifted', async () => {
  const { dir } = await theBundle();
  const { verdicts, drift } = await auditBundle(dir);
  expect(verdicts.filter(({ result }) => result === 'gap')).toEqual([]);
  expect(drift).toEqual([]);
  expect(verdicts.length).toBeGreaterThan(500);
});

test('a container whose limit of processes somebody took away is a gap', async () => {
  const bundle = await theBundle();
  const { id } = await inspectService(bundle, 'mtail');
  const limit = (processes: string) => mustDocker(['update', '--pids-limit', processes, id]);
  await limit('-1');
  try {
    const { verdicts } = await auditBundle(bundle.dir);
    const gaps = verdicts.filter(({ result }) => result === 'gap');
    expect(gaps.map(({ service, check }) => `${service} ${check}`)).toEqual(['mtail pids']);
  } finally {
    await limit('200');
  }
});
