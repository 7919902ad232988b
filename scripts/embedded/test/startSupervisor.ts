import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { freePort } from '@origin-stack/core/infra/embedded/freePort';
import { eventually } from '@origin-stack/testkit/eventually';

const script = fileURLToPath(new URL('./supervisor.ts', import.meta.url));

/** A running supervisor; `output` is all it has said so far, `exited` its exit code (null for a signal). */
export type TestSupervisor = {
  child: ChildProcess;
  ports: [number, number];
  output: () => string;
  exited: Promise<number | null>;
};

/** Starts the supervisor of these tests in a process of its own. */
export async function startSupervisor(stateRoot: string, ports?: [number, number]): Promise<TestSupervisor> {
  const used = ports ?? [await freePort(), await freePort()];
  const child = spawn(process.execPath, [script, stateRoot, ...used.map(String)], { stdio: 'pipe' });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  child.stderr.on('data', (chunk) => {
    text += chunk;
  });
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => resolve(code));
  });
  return { child, ports: used, output: () => text, exited };
}

/** Waits until the supervisor has said a text. */
export async function said(supervisor: TestSupervisor, text: string): Promise<void> {
  const look = () => {
    const output = supervisor.output();
    if (output.includes(text)) return true;
    throw new Error(`"${text}" was not said, but:\n${output}`);
  };
  await eventually(look, { deadlineMs: 20_000 });
}
