import { processSettings } from '@origin-stack/core/config/readSettings';
import { runProcess } from '@origin-stack/core/infra/runProcess';
import { buildApp } from './app.ts';
import { listen } from './http/listen.ts';
import { buildInternalApp } from './internalApp.ts';
import { wire } from './wire.ts';

await runProcess('api', async (stopping) => {
  const settings = processSettings();
  const deps = await wire(settings, stopping.isStopping);
  const internal = await listen(buildInternalApp(deps), {
    deps,
    name: 'INTERNAL_PORT',
    host: settings.INTERNAL_HOST,
    port: settings.INTERNAL_PORT,
  });
  const api = await listen(buildApp(deps), {
    deps,
    name: 'API_PORT',
    clientNames: settings.API_CLIENT_NAMES,
    host: settings.API_HOST,
    port: settings.API_PORT,
  });
  deps.log.info(
    { port: api.port, internal_port: internal.port, version: deps.version },
    'the API is listening',
  );
  return {
    timeoutMs: settings.SHUTDOWN_TIMEOUT_SECONDS * 1000,
    log: deps.log,
    // New requests are refused first, those under way are answered, and only then is closed what they need.
    steps: [
      ['public listener', api.close],
      ['internal listener', internal.close],
      ['database, redis', deps.close],
    ],
  };
});
