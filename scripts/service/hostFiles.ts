import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { locateBundle } from '../bundle/bundleDir.ts';
import { CHECKOUT } from '../lib/checkout.ts';
import { PreconditionError } from '../lib/commandErrors.ts';

export type Scheduler = 'systemd' | 'cron';

/** A file of ours on the host, or a link that puts a unit in force. Paths begin at the host's root. */
export type HostFile = { path: string } & ({ content: string } | { target: string });

/** The first line of each file that we write; what lacks it is somebody else's. */
export const MARK = '# Made by ./stack service install';

const TEMPLATES = join(CHECKOUT, 'cron');
const UNITS = '/etc/systemd/system';

/** Everything that the host gets, with the paths of checkout and metrics in it. */
export function hostFiles(scheduler: Scheduler, stateDir: string | undefined): HostFile[] {
  const render = (template: string) =>
    readFileSync(join(TEMPLATES, template), 'utf8')
      .replaceAll('@CHECKOUT@', plain(CHECKOUT))
      .replaceAll('@TEXTFILE@', plain(locateBundle(stateDir).textfile))
      .replaceAll('@FLAGS@', stateDir === undefined ? '' : ` --state-dir ${plain(stateDir)}`);
  // cron passes over names with a dot.
  if (scheduler === 'cron')
    return [{ path: '/etc/cron.d/origin-stack', content: render('origin-stack.cron.d') }];
  return readdirSync(TEMPLATES)
    .filter((name) => /^origin-stack.*\.(service|timer)$/.test(name))
    .sort()
    .flatMap((name) => {
      const content = render(name);
      const target = /^WantedBy=(.+)$/m.exec(content)?.[1];
      const link = { path: `${UNITS}/${target}.wants/${name}`, target: `../${name}` };
      return [{ path: `${UNITS}/${name}`, content }, ...(target ? [link] : [])];
    });
}

/** systemd and cron read blanks, quotes and percent signs in ways of their own. */
function plain(path: string): string {
  if (/^\/[\w./+-]+$/.test(path)) return path;
  throw new PreconditionError({
    what: `${path} cannot stand in a unit or in a crontab`,
    why: 'it must be absolute, of letters, digits and . _ + - only',
    next: 'move the folder to such a path, then ./stack service install',
  });
}
