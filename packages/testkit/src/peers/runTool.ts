import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** `onLine` hears each line of the tool's output. `env` is added to the environment. */
export type ToolRun = {
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  onLine?: (line: string) => void;
};

/** Runs a build tool to its end. Rejects with the last lines of its output when it fails. */
export async function runTool({ command, args, env, onLine }: ToolRun): Promise<void> {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const tail: string[] = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      tail.push(line);
      if (tail.length > 8) tail.shift();
      onLine?.(line);
    });
  }
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} ${args[0]} ended with code ${code}:\n${tail.join('\n')}`);
}
