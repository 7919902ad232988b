import { existsSync } from 'node:fs';
import { runTool } from './runTool.ts';

/** Where Debian's packages come from: the archive and its security updates, and the keys that sign both. */
export type DebianMirror = { archive: string; security: string; keyring?: string };

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The mirror of Debian that the host's own apt uses; undefined where it uses none (no Debian, no apt). */
export async function findDebianMirror(): Promise<DebianMirror | undefined> {
  const { code, output } = await runTool('apt-get', [
    'indextargets',
    '--format',
    '$(REPO_URI)|$(RELEASE)|$(COMPONENT)',
    'Created-By: Packages',
  ]);
  if (code !== 0) return undefined;
  const mirror = parseIndexTargets(output);
  return mirror && { ...mirror, ...(existsSync(KEYRING) ? { keyring: KEYRING } : {}) };
}

const releases = ['bullseye', 'bookworm', 'trixie', 'forky', 'stable', 'testing', 'sid', 'unstable'];

/** From lines `URI|suite|component`: the archive is what holds a release of Debian's main. */
export function parseIndexTargets(output: string): DebianMirror | undefined {
  const targets = output.split('\n').map((line) => {
    const [uri = '', suite = '', component = ''] = line.trim().split('|');
    return { uri: uri.replace(/\/+$/, ''), suite, component };
  });
  const archive = targets.find(
    ({ suite, component }) => component === 'main' && releases.includes(suite),
  )?.uri;
  if (!archive) return undefined;
  const security = targets.find(({ suite }) => suite.endsWith('-security'))?.uri;
  return { archive, security: security ?? `${archive}-security` };
}

/** The mirror's suites of trixie in apt's own format (deb822); `keyring` is the file that signs them. */
export function trixieSources(
  mirror: DebianMirror,
  options: { backports: boolean; keyring?: string },
): string {
  const signedBy = options.keyring ? [`Signed-By: ${options.keyring}`] : [];
  const stanza = (uri: string, suites: string) =>
    ['Types: deb', `URIs: ${uri}`, `Suites: ${suites}`, 'Components: main', ...signedBy, ''].join('\n');
  const suites = ['trixie', 'trixie-updates', ...(options.backports ? ['trixie-backports'] : [])];
  return `${stanza(mirror.archive, suites.join(' '))}\n${stanza(mirror.security, 'trixie-security')}`;
}
