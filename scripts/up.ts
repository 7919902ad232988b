import { chooseBundle } from './bundle/chooseBundle.ts';
import { choicesOf, initFlags } from './bundle/initFlags.ts';
import { planUp, upBundle } from './bundle/upBundle.ts';
import { describeRun } from './embedded/describeRun.ts';
import { detachSupervisor } from './embedded/detach.ts';
import { planEmbedded } from './embedded/planEmbedded.ts';
import { readReceipt, writeReceipt } from './embedded/receipt.ts';
import { requirePlaceHere } from './embedded/requirePlaceHere.ts';
import { findRunning } from './embedded/runState.ts';
import { selfCheck } from './embedded/selfCheck.ts';
import { startEmbedded } from './embedded/startEmbedded.ts';
import { locateStateDir } from './embedded/stateDir.ts';
import { defineCommand } from './lib/command.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';
import { unreadEnvironment } from './settings/unreadEnvironment.ts';

const DETACH_DEADLINE_MS = 300_000;
const PORT = { type: 'integer', placeholder: 'PORT', min: 0, max: 65_535 } as const;

export const command = defineCommand({
  name: 'up',
  summary: 'Start the product here and check it with a real item',
  details:
    'Where a Docker engine with Compose answers, the whole bundle: its images are built, its secrets made, and it is left running. ' +
    'It is meant too where one was made here, and by each of its flags; without an engine that is an error. ' +
    'Elsewhere, or with --embedded, a real PostgreSQL, a real Redis, the API and the worker on 127.0.0.1: evaluation only, in the ' +
    'foreground until Ctrl-C. The data stays for the next time; a second up changes nothing that is as it should be.',
  examples: [
    './stack up',
    './stack up --dry-run',
    './stack up --url https://origin.example.com --bind 0.0.0.0 --cert chain.pem --key key.pem',
    './stack up --embedded --detach',
    './stack up --embedded --port 8081 --internal-port 9190 --worker-port 9191',
  ],
  flags: {
    ...initFlags,
    bundle: {
      type: 'string',
      placeholder: 'FILE',
      summary: 'take the images from an archive of ./stack bundle; build and fetch nothing',
    },
    new: {
      type: 'string',
      placeholder: 'PROJECT',
      summary: 'begin with empty volumes where those with data are gone; type the name of the project',
    },
    compose: { type: 'boolean', summary: 'the bundle; an error where no engine answers' },
    embedded: { type: 'boolean', summary: 'the embedded default, also where an engine answers' },
    detach: { type: 'boolean', short: 'd', summary: 'embedded: return when it is ready, and let it run' },
    port: { ...PORT, default: 8080, summary: 'embedded: port of the API' },
    'internal-port': { ...PORT, default: 9090, summary: "embedded: port of the API's metrics" },
    'worker-port': { ...PORT, default: 9091, summary: "embedded: port of the worker's metrics" },
    'postgres-port': { ...PORT, default: 0, summary: 'embedded: port of PostgreSQL; 0 is a free one' },
    'redis-port': { ...PORT, default: 0, summary: 'embedded: port of Redis; 0 is a free one' },
    'state-dir': stateDirFlag,
  },
  // The supervisor of the embedded default holds a lock of its own as long as it runs.
  lock: async ({ flags }) => (await chooseBundle(flags))?.lockFile,
  looksItself: true,
  async plan({ flags, progress, signal }) {
    const bundle = await chooseBundle(flags);
    if (bundle) {
      return await planUp(bundle, upChoicesOf(flags), { progress, signal });
    }
    const dir = locateStateDir(flags['state-dir']);
    const running = await findRunning(dir);
    if (running?.phase === 'ready') return { summary: `it runs already: ${running.urls.api}`, steps: [] };
    return await planEmbedded({ dir, ...portsOf(flags) });
  },
  async run({ flags, progress, print, signal, json }) {
    const bundle = await chooseBundle(flags);
    for (const line of unreadEnvironment(bundle ? 'bundle' : 'embedded', process.env)) progress.note(line);
    if (bundle) {
      return await upBundle(bundle, upChoicesOf(flags), { progress, signal });
    }
    const stateRoot = flags['state-dir'];
    const dir = locateStateDir(stateRoot);
    const running = await findRunning(dir);
    if (running?.phase === 'ready') {
      return {
        data: { ...(await describeRun(dir)) },
        text: `it runs already: ${running.urls.api}`,
      };
    }
    if (flags.detach) {
      await requirePlaceHere(dir);
      const step = progress.step('starting in the background');
      await detachSupervisor({ dir, argv: argvOf(flags), deadlineMs: DETACH_DEADLINE_MS, signal });
      step.done();
      const text = await readReceipt(dir);
      return { data: { ...(await describeRun(dir)) }, text };
    }
    const starting = progress.step('starting PostgreSQL, Redis, the API and the worker');
    await startEmbedded({
      dir,
      ...portsOf(flags),
      signal,
      report: progress.note,
      async onReady() {
        starting.done();
        const step = progress.step('checking it with a real item');
        const proven = await selfCheck(stateRoot, { step, signal });
        step.done(`${proven.pack.verdict.checks.length} checks of the evidence pack passed`);
        const text = await writeReceipt(dir, proven);
        print(
          json
            ? JSON.stringify(await describeRun(dir))
            : `${text}\n\nCtrl-C stops it; type the next command in another terminal.`,
        );
      },
    });
    progress.note('stopped; the data is kept');
    return undefined;
  },
});

const upChoicesOf = (
  flags: Parameters<typeof choicesOf>[0] & { bundle?: string | undefined; new?: string | undefined },
) => ({ ...choicesOf(flags), archive: flags.bundle, givenUp: flags.new });

type UpFlags = {
  port: number;
  'internal-port': number;
  'worker-port': number;
  'postgres-port': number;
  'redis-port': number;
  'state-dir'?: string | undefined;
};

const portsOf = (flags: UpFlags) => ({
  ports: { api: flags.port, internal: flags['internal-port'], workerInternal: flags['worker-port'] },
  postgresPort: flags['postgres-port'],
  redisPort: flags['redis-port'],
});

/** The command line of the supervisor in the background: the same, in the foreground. */
function argvOf(flags: UpFlags): string[] {
  const names = ['port', 'internal-port', 'worker-port', 'postgres-port', 'redis-port'] as const;
  const ports = names.flatMap((name) => [`--${name}`, String(flags[name])]);
  return ['up', '--embedded', ...ports, ...(flags['state-dir'] ? ['--state-dir', flags['state-dir']] : [])];
}
