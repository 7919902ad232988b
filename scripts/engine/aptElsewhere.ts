import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError } from '../lib/commandErrors.ts';
import { type DebianMirror, trixieSources } from './debianMirror.ts';
import { lastLines, runTool } from './runTool.ts';

type Unpacking = { workDir: string; signal?: AbortSignal };

/**
 * Fetches packages of Debian trixie into a directory and unpacks them below the root it returns, with sources,
 * lists and cache of its own: the host's apt and its packages stay as they are. apt checks signatures and hashes
 * as ever.
 */
export async function unpackTrixiePackages(
  names: string[],
  options: Unpacking & { mirror: DebianMirror },
): Promise<string> {
  const { mirror, workDir } = options;
  const sources = join(workDir, 'trixie.sources');
  await writeFile(sources, trixieSources(mirror, { backports: false, ...mirror }));
  await writeFile(join(workDir, 'status'), '');
  return await unpack(names, options, {
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::State::status': join(workDir, 'status'),
  });
}

/** The same with the host's own sources: its packages, unpacked instead of installed. */
export async function unpackHostPackages(names: string[], options: Unpacking): Promise<string> {
  return await unpack(names, options, {});
}

async function unpack(
  names: string[],
  { workDir, signal }: Unpacking,
  sources: Record<string, string>,
): Promise<string> {
  for (const dir of ['lists/partial', 'cache/archives/partial', 'packages', 'root']) {
    await mkdir(join(workDir, dir), { recursive: true });
  }
  const settings = {
    ...sources,
    'Dir::State::lists': join(workDir, 'lists'),
    'Dir::Cache': join(workDir, 'cache'),
    'Debug::NoLocking': '1',
    'APT::Sandbox::User': '',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  let updated = '';
  const apt = async (args: string[]) => {
    const { code, output } = await runTool('apt-get', [...flags, ...args], {
      cwd: join(workDir, 'packages'),
      signal,
    });
    if (code === 0) return output;
    throw new CommandError({
      what: `cannot fetch the packages ${names.join(', ')}`,
      why: lastLines(complaints(updated) || output, 3),
      next: "check the network, the proxy and apt's sources, then run this again",
    });
  };
  // It succeeds also when a list could not be had; why, it says in warnings.
  updated = await apt(['update']);
  await apt(['download', ...names]);
  const root = join(workDir, 'root');
  const unpacked = await runTool('sh', ['-ec', 'for deb in *.deb; do dpkg-deb -x "$deb" "$0"; done', root], {
    cwd: join(workDir, 'packages'),
  });
  if (unpacked.code !== 0) throw new CommandError({ what: 'cannot unpack a package', why: unpacked.output });
  return root;
}

const complaints = (output: string): string =>
  output
    .split('\n')
    .filter((line) => /^[EW]: /.test(line))
    .join('\n');
