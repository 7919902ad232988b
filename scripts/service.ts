import { resolve } from 'node:path';
import { type CommandResult, defineCommand, type Plan } from './lib/command.ts';
import { UsageError } from './lib/commandErrors.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';
import { installService, removeService } from './service/changeHost.ts';
import { findOurs, findScheduler, type Host, lookAtHostFiles } from './service/planService.ts';

export const command = defineCommand({
  name: 'service',
  summary: 'Start the bundle at boot and run the timers of the host',
  details:
    'Writes systemd units, or a file in /etc/cron.d on a host without systemd, from the templates in cron/; a second install ' +
    'writes only what differs. What runs is neither started nor stopped. status exits 1 where something is missing or differs.',
  arguments: { usage: 'install | remove | status', min: 1, max: 1 },
  examples: ['./stack service install --dry-run', 'sudo ./stack service install', './stack service status'],
  flags: {
    root: {
      type: 'string',
      placeholder: 'DIR',
      default: '/',
      summary: 'write below DIR, as for an image of a host',
    },
    scheduler: {
      type: 'string',
      placeholder: 'NAME',
      summary: 'systemd or cron, instead of what the host has',
    },
    'state-dir': stateDirFlag,
  },
  async plan({ flags, args }): Promise<Plan> {
    const action = actionOf(args);
    if (action === 'status') return { summary: 'would only look', steps: [{ action: 'look at the files' }] };
    const host = hostOf(flags);
    if (action === 'remove') {
      const steps = findOurs(host).map(({ path }) => ({ action: `remove ${path}`, path }));
      return { summary: steps.length > 0 ? 'would remove' : 'nothing was installed', steps };
    }
    const steps = lookAtHostFiles(host)
      .filter(({ state }) => state !== 'there')
      .map((file): Plan['steps'][number] => {
        if ('target' in file) return { action: `link ${file.path} to ${file.target}`, path: file.path };
        const { path, content } = file;
        return { action: `write ${path}:\n${content.replace(/^/gm, '       ').trimEnd()}`, path, content };
      });
    return { summary: steps.length > 0 ? `would write for ${host.scheduler}` : 'it is installed', steps };
  },
  async run({ flags, args }): Promise<CommandResult> {
    const host = hostOf(flags);
    const action = actionOf(args);
    if (action === 'status') return describe(host);
    const paths = action === 'install' ? await installService(host) : await removeService(host);
    const verb = action === 'install' ? 'written' : 'removed';
    const next = action === 'install' ? ['the bundle starts at boot; now: ./stack up'] : [];
    return {
      data: { [verb]: paths },
      text: [`${verb}:`, ...paths.map((path) => `  ${path}`), ...next].join('\n'),
    };
  },
});

function actionOf([action]: string[]): 'install' | 'remove' | 'status' {
  if (action === 'install' || action === 'remove' || action === 'status') return action;
  throw new UsageError({
    what: `service cannot ${action}`,
    why: 'it knows install, remove and status',
    next: './stack service --help',
  });
}

function hostOf(flags: {
  root: string;
  scheduler?: string | undefined;
  'state-dir'?: string | undefined;
}): Host {
  const { scheduler } = flags;
  if (scheduler !== undefined && scheduler !== 'systemd' && scheduler !== 'cron') {
    throw new UsageError({ what: `there is no scheduler ${scheduler}`, next: './stack service --help' });
  }
  const root = resolve(flags.root);
  const stateDir = flags['state-dir'];
  return {
    root,
    stateDir: stateDir === undefined ? undefined : resolve(stateDir),
    scheduler: scheduler ?? findScheduler(root),
  };
}

function describe(host: Host): CommandResult {
  const files = lookAtHostFiles(host).map(({ path, state }) => ({ path, state }));
  const isInstalled = files.every(({ state }) => state === 'there');
  const head = isInstalled
    ? `installed for ${host.scheduler}`
    : 'not installed as it should be: ./stack service install';
  return {
    data: { scheduler: host.scheduler, installed: isInstalled, files },
    text: [head, ...files.map(({ path, state }) => `  ${state.padEnd(8)} ${path}`)].join('\n'),
    exitCode: isInstalled ? 0 : 1,
  };
}
