import { createInterface } from 'node:readline';
import { askPrometheus } from './askPrometheus.ts';
import { blockEventLoop } from './blockEventLoop.ts';
import { callVault } from './callVault.ts';
import { reachPorts } from './reachPorts.ts';
import { type RawRequest, sendRawRequest } from './sendRawRequest.ts';
import { tryConnections } from './tryConnections.ts';
import { useObjects } from './useObjects.ts';

/** What a probe can do, by name. */
const PROGRAMS = {
  askPrometheus,
  blockEventLoop,
  callVault,
  reachPorts,
  tryConnections,
  useObjects,
  // One after the other: what each did must not be hidden by the next.
  async sendRaw(requests: RawRequest[]) {
    const answers = [];
    for (const request of requests) answers.push(await sendRawRequest(request));
    return answers;
  },
};

export type Programs = typeof PROGRAMS;
interface Call {
  program: keyof Programs;
  input: never;
}

// A line in is a call, a line out is what it gave; it ends with its stdin.
process.stdout.write('{}\n');
for await (const line of createInterface({ input: process.stdin })) {
  const { program, input } = JSON.parse(line) as Call;
  const said = await PROGRAMS[program](input).then(
    (output) => ({ output }),
    (error: Error) => ({ error: error.message }),
  );
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
process.exit(0);
