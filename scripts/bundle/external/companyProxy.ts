import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from '@origin-stack/core/infra/embedded/freePort';
import { eventually } from '@origin-stack/testkit/eventually';

/** tinyproxy on the host, as a company has one at the edge of its network. */
export interface CompanyProxy extends AsyncDisposable {
  /** With the credentials that it demands. */
  url: string;
  /** What it has said since its start. */
  log(): string;
}

const [USER, PASSWORD] = ['origin', 'a.word-of-the-company'];

/** Listens on `address`, and connects to no other port than `ports`; whatever else is asked for, it answers 403. */
export async function startCompanyProxy(
  root: string,
  { address, ports }: { address: string; ports: number[] },
): Promise<CompanyProxy> {
  const port = await freePort();
  const config = join(root, 'tinyproxy.conf');
  await writeFile(
    config,
    [
      `Listen ${address}`,
      `Port ${port}`,
      'LogLevel Connect',
      `BasicAuth ${USER} ${PASSWORD}`,
      ...ports.map((each) => `ConnectPort ${each}`),
      '',
    ].join('\n'),
  );
  let said = '';
  const proxy = spawn('tinyproxy', ['-d', '-c', config], { stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [proxy.stdout, proxy.stderr]) stream.on('data', (part) => (said += part));
  const ended = once(proxy, 'close');
  await eventually(
    async () => {
      if (!(await accepts(address, port))) throw new Error(`the proxy accepts nothing: ${said}`);
    },
    { deadlineMs: 10_000 },
  );
  return {
    url: `http://${USER}:${PASSWORD}@${address}:${port}`,
    log: () => said,
    async [Symbol.asyncDispose]() {
      proxy.kill('SIGTERM');
      await ended;
    },
  };
}

const accepts = (host: string, port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
