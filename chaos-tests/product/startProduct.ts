import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@origin-stack/core/infra/embedded/freePort';
import { type RunState, readRunState } from '@origin-stack/scripts/embedded/runState.ts';
import { locateStateDir, makeStateDir, type StateDir } from '@origin-stack/scripts/embedded/stateDir.ts';
import { stopSupervisor } from '@origin-stack/scripts/embedded/stopSupervisor.ts';
import { eventually } from '@origin-stack/testkit/eventually';
import { type CommandOutcome, mainFile, runStack } from './runStack.ts';

const START_DEADLINE_MS = 120_000;

/** A supervisor in the foreground; `output` is all it has said so far, on both streams. */
export interface Supervisor {
  pid: number;
  exited: Promise<number | null>;
  output(): string;
}

/** The embedded product in a state directory and on ports of its own; disposing it stops it and removes its data. */
export interface Product extends AsyncDisposable {
  dir: StateDir;
  ports: { api: number; internal: number };
  apiUrl: string;
  fetch: typeof globalThis.fetch;
  internalUrl: string;
  /** `./stack up` in the foreground, until it has checked itself. `env` is the whole environment. */
  up(env?: NodeJS.ProcessEnv): Promise<Supervisor>;
  /** The arguments of `./stack up` for this product. */
  upArguments: string[];
  /** Any command of `./stack` on this product. */
  stack(args: string[], env?: NodeJS.ProcessEnv): Promise<CommandOutcome>;
  /** What the supervisor recorded. Throws where nothing runs. */
  state(): Promise<RunState>;
}

/** Makes the place for a product; nothing is started yet. */
export async function makeProduct(): Promise<Product> {
  const root = await mkdtemp(join(tmpdir(), 'origin-stack-chaos-'));
  const dir = locateStateDir(root);
  await makeStateDir(dir);
  const ports = { api: await freePort(), internal: await freePort(), workerInternal: await freePort() };
  const upArguments = [
    'up',
    '--embedded',
    '--port',
    String(ports.api),
    '--internal-port',
    String(ports.internal),
  ];
  upArguments.push('--worker-port', String(ports.workerInternal));
  const stack = (args: string[], env?: NodeJS.ProcessEnv) => runStack([...args, '--state-dir', root], env);
  return {
    dir,
    ports,
    apiUrl: `http://127.0.0.1:${ports.api}`,
    fetch: globalThis.fetch,
    internalUrl: `http://127.0.0.1:${ports.internal}`,
    upArguments,
    stack,
    async up(env) {
      const supervisor = startSupervisor([...upArguments, '--state-dir', root], env);
      let exitCode: number | null | undefined;
      void supervisor.exited.then((code) => {
        exitCode = code;
      });
      const look = () => {
        if (supervisor.output().includes('EVALUATION ONLY')) return;
        if (exitCode === undefined) throw new Error(`no receipt:\n${supervisor.output()}`);
      };
      await eventually(look, { deadlineMs: START_DEADLINE_MS, pollMs: 50 });
      if (exitCode !== undefined) throw new Error(`up ended with ${exitCode}:\n${supervisor.output()}`);
      return supervisor;
    },
    async state() {
      const state = await readRunState(dir);
      if (!state) throw new Error('nothing runs here');
      return state;
    },
    async [Symbol.asyncDispose]() {
      await stopSupervisor(dir);
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Makes a product and starts it. */
export async function startProduct(env?: NodeJS.ProcessEnv): Promise<Product> {
  const product = await makeProduct();
  try {
    await product.up(env);
    return product;
  } catch (error) {
    await product[Symbol.asyncDispose]();
    throw error;
  }
}

function startSupervisor(args: string[], env: NodeJS.ProcessEnv | undefined): Supervisor {
  const child = spawn(process.execPath, [mainFile, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(env ? { env } : {}),
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      text += chunk;
    });
  }
  const exited = new Promise<number | null>((resolve) => {
    child.once('close', (code) => resolve(code));
  });
  return { pid: child.pid ?? -1, exited, output: () => text };
}
