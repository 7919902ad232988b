import { createServer } from 'node:net';
import { serviceOf } from '../../audit/inspected.ts';
import { findPortHolder } from '../../embedded/portHolder.ts';
import { defineCheck, error, type Issue } from '../doctorCheck.ts';

export const ports = defineCheck({
  name: 'ports',
  rule: 'the two ports of nginx are free, or are its own',
  needs: 'settings',
  async detect({ settings, containers }) {
    const nginx = containers.find((one) => serviceOf(one) === 'nginx' && one.State.Running);
    const published = Object.values(nginx?.HostConfig.PortBindings ?? {}).flatMap(
      (bindings) => bindings ?? [],
    );
    const own = published.map(({ HostPort }) => Number(HostPort));
    const found: Issue[] = [];
    for (const port of [settings.ORIGIN_HTTPS_PORT, settings.ORIGIN_HTTP_PORT].map(Number)) {
      if (own.includes(port)) continue;
      const code = await tryPort(settings.ORIGIN_BIND, port);
      if (code === undefined) continue;
      const holder = await findPortHolder(port);
      const who = holder ? `${holder.command} (process ${holder.pid}) has it` : `it cannot be had (${code})`;
      const fix = 'stop that program, or publish on others: ./stack up --https-port 8443 --http-port 8080';
      found.push(error(`port ${port} of ${settings.ORIGIN_BIND}: ${who}`, fix));
    }
    return found;
  },
});

function tryPort(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    // Ports below 1024 are the engine's to open, not ours.
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'EACCES' ? undefined : code));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}
