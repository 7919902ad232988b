import { processSettings } from '@origin-stack/core/config/readSettings';
import { runProcess } from '@origin-stack/core/infra/runProcess';
import { startInternalListener } from './internalListener.ts';
import { openLedgerVerification } from './ledgerVerification.ts';
import { startRetention } from './retention.ts';
import { startRunner } from './runner.ts';
import { TASKS, wire } from './wire.ts';

await runProcess('worker', async () => {
  const settings = processSettings();
  const deps = await wire(settings);
  const verification = openLedgerVerification(deps);
  const internal = await startInternalListener({ ...deps, verification });
  const runner = await startRunner({
    ...deps,
    redisUrl: settings.REDIS_URL,
    concurrency: settings.WORKER_CONCURRENCY,
    deps,
    tasks: TASKS,
  });
  const retention = startRetention(deps);
  deps.log.info(
    { concurrency: settings.WORKER_CONCURRENCY, internal_port: internal.port },
    'the worker is running',
  );
  return {
    timeoutMs: settings.SHUTDOWN_TIMEOUT_SECONDS * 1000,
    log: deps.log,
    steps: [
      ['runner', runner.stop],
      ['ledger verification', verification.stop],
      ['internal listener', internal.close],
      ['retention', retention.stop],
      ['render threads', deps.threads.close],
      ['database, redis', deps.close],
    ],
  };
});
