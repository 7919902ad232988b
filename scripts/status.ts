import { describeRun, type RunDescription } from './embedded/describeRun.ts';
import { locateStateDir } from './embedded/stateDir.ts';
import { alignColumns } from './lib/alignColumns.ts';
import { defineCommand } from './lib/command.ts';

export const command = defineCommand({
  name: 'status',
  summary: 'Show what runs here and how it is',
  details: 'Exits 0 when everything is well or nothing runs, 1 when something is down or not ready.',
  examples: ['./stack status', './stack status --json'],
  flags: {
    'state-dir': {
      type: 'string',
      placeholder: 'DIR',
      summary: 'another state directory than .stack/embedded',
    },
  },
  run: async ({ flags }) => {
    const run = await describeRun(locateStateDir(flags['state-dir']));
    return { data: { ...run }, text: statusText(run), exitCode: isWell(run) ? 0 : 1 };
  },
});

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
