import { afterEach, expect, test } from 'vitest';
import { auditBundle } from '../../audit/auditBundle.ts';
import { type } from '../../doctor/test/liveBundle.ts';
import { docker, mustDocker } from '../compose.ts';
import { inspectService } from './containerFaults.ts';
import { theBundle } from './theBundle.ts';

/** What a test changes is put back at its end, whatever it found. */
let undo: string[][] = [];
afterEach(async () => {
  for (const argv of undo) await docker(argv);
  undo = [];
});

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

test('what was changed on running containers is drift, and what the audit says to type takes it back', async () => {
  const bundle = await theBundle();
  const worker = await inspectService(bundle, 'worker');
  const exporter = await inspectService(bundle, 'blackbox-exporter');
  const guard = await inspectService(bundle, 's3-guard');
  const [storage, app, monitoring] = ['storage', 'app', 'monitoring'].map(bundle.network) as [
    string,
    string,
    string,
  ];
  const address = `${bundle.settings.ORIGIN_SUBNET}.13`;
  const limits = [
    '--memory',
    '67108864',
    '--memory-swap',
    '134217728',
    '--cpus',
    '0.5',
    '--pids-limit',
    '200',
  ];
  undo = [
    ['network', 'disconnect', storage, worker.name],
    ['update', ...limits, '--restart', 'unless-stopped', exporter.name],
    ['network', 'connect', '--alias', 'blackbox-exporter', app, exporter.name],
    ['network', 'disconnect', app, guard.name],
    ['network', 'connect', '--alias', 's3-guard', '--ip', address, app, guard.name],
    ['network', 'disconnect', monitoring, guard.name],
    ['network', 'connect', '--alias', 's3-guard', monitoring, guard.name],
  ];
  const change = (...argv: string[]) => mustDocker(argv);
  // MinIO, without the guard before it.
  await change('network', 'connect', storage, worker.name);
  await change('update', '--memory', '20g', '--memory-swap', '40g', '--cpus', '1', exporter.name);
  await change('update', '--pids-limit', '100000', '--restart', 'always', exporter.name);
  await change('network', 'disconnect', app, exporter.name);
  // There again, as nobody looks for it.
  await change('network', 'disconnect', app, guard.name);
  await change('network', 'connect', '--alias', 's3-guard', app, guard.name);
  await change('network', 'disconnect', monitoring, guard.name);
  await change('network', 'connect', monitoring, guard.name);

  const { drift } = await auditBundle(bundle.dir);
  expect(drift.map(({ subject, difference }) => `${subject}: ${difference}`)).toEqual([
    'blackbox-exporter: its memory limit is 20480 MiB, declared is 64 MiB',
    'blackbox-exporter: its limit of cpus is 1, declared is 0.5',
    'blackbox-exporter: its limit of processes is 100000, declared is 200',
    'blackbox-exporter: its restart policy is always, declared is unless-stopped',
    `blackbox-exporter: it is not on ${app}`,
    `s3-guard: its fixed address on ${app} is none, declared is ${address}`,
    `s3-guard: on ${monitoring} it is not found by the name s3-guard`,
    `worker: it is on ${storage}, which is not declared`,
  ]);
  for (const { fix } of drift) await type(fix);
  expect((await auditBundle(bundle.dir)).drift).toEqual([]);
  undo = [];
});
