import { setTimeout as sleep } from 'node:timers/promises';
import { bundleStatus } from './bundle/bundleStatus.ts';
import { findBundle } from './bundle/findBundle.ts';
import { describeRun, type RunDescription } from './embedded/describeRun.ts';
import { locateStateDir } from './embedded/stateDir.ts';
import { alignColumns } from './lib/alignColumns.ts';
import { type CommandResult, defineCommand } from './lib/command.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';

const WATCH_EVERY_MS = 2_000;

export const command = defineCommand({
  name: 'status',
  summary: 'Show what runs here and how it is',
  details:
    'Exits 0 when everything is well or nothing runs, 1 when something is down or not ready. Ctrl-C is how --watch ends: exit code 0.',
  examples: ['./stack status', './stack status --watch', './stack status --json'],
  flags: {
    watch: { type: 'boolean', short: 'w', summary: 'show it anew every 2 seconds until Ctrl-C' },
    'state-dir': stateDirFlag,
  },
  async run({ flags, print, signal, json }) {
    while (flags.watch && !signal.aborted) {
      const { text, data } = await look(flags['state-dir']);
      // On a terminal it takes the place of what was shown before.
      print(json ? JSON.stringify(data) : `${process.stdout.isTTY ? '\u001b[H\u001b[2J' : ''}${text}`);
      await sleep(WATCH_EVERY_MS, undefined, { signal }).catch(() => {});
    }
    return flags.watch ? undefined : await look(flags['state-dir']);
  },
});

async function look(stateRoot: string | undefined): Promise<CommandResult> {
  const bundle = await findBundle(stateRoot);
  if (bundle) return await bundleStatus(bundle);
  const run = await describeRun(locateStateDir(stateRoot));
  return { data: { ...run }, text: statusText(run), exitCode: isWell(run) ? 0 : 1 };
}

function isWell(run: RunDescription): boolean {
  const down = run.services.filter((service) => service.state === 'down');
  if (!run.running) return down.length === run.services.length;
  return run.ready !== false && down.length === 0;
}

function statusText(run: RunDescription): string {
  const left = run.services.filter((service) => service.state === 'running');
  if (!run.running && left.length === 0) return 'nothing runs here; start it: ./stack up';
  const head = run.running
    ? `${run.phase}${run.ready === false ? ', but the API is not ready' : ''}, since ${run.since}`
    : 'the supervisor is gone and has left processes behind; stop them: ./stack down';
  const urls = Object.entries(run.urls).map(([name, url]) => `${name}: ${url}`);
  const rows = run.services.map((service) => [
    service.name,
    service.state,
    service.pid === null ? '-' : String(service.pid),
    service.port === null ? '-' : String(service.port),
    String(service.restarts),
    service.since,
  ]);
  return [
    head,
    ...urls,
    '',
    ...alignColumns([['SERVICE', 'STATE', 'PID', 'PORT', 'RESTARTS', 'SINCE'], ...rows]),
  ].join('\n');
}
