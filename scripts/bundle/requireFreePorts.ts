import { createServer } from 'node:net';
import { findPortHolder } from '../embedded/portHolder.ts';
import { PreconditionError } from '../lib/commandErrors.ts';
import type { BundleDir } from './bundleDir.ts';
import type { BundleSettings } from './bundleSettings.ts';
import { listContainers } from './containers.ts';

/** Throws where another program has a port that nginx is to publish; nothing has been changed by then. */
export async function requireFreePorts(dir: BundleDir, settings: BundleSettings): Promise<void> {
  const containers = await listContainers(dir);
  if (containers.some(({ service, state }) => service === 'nginx' && state === 'running')) return;
  const { ORIGIN_BIND: host } = settings;
  for (const port of [Number(settings.ORIGIN_HTTPS_PORT), Number(settings.ORIGIN_HTTP_PORT)]) {
    const code = await tryPort(host, port);
    if (code === undefined) continue;
    const holder = await findPortHolder(port);
    const taken = holder
      ? `${holder.command} (process ${holder.pid}) listens on it`
      : 'another program listens on it';
    throw new PreconditionError({
      what: `port ${port} of ${host} cannot be published`,
      why: code === 'EADDRINUSE' ? taken : code,
      next: 'stop that program, or name others: ./stack up --url https://NAME:8443 --http-port 8080',
    });
  }
}

function tryPort(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    // Ports below 1024 are the engine's to open, not ours.
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'EACCES' ? undefined : code));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}
