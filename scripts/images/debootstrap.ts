import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackHostPackages } from '../engine/aptElsewhere.ts';
import type { DebianMirror } from '../engine/debianMirror.ts';
import { runTool, type ToolResult } from '../engine/runTool.ts';

/** The program fetches by wget. A bare host has none, and apt's own downloader knows the proxies that apt is told. */
const FETCH_BY_APT = `#!/bin/sh
while [ "$#" -gt 1 ]; do
  [ "$1" != -O ] || file=$2
  shift
done
exec /usr/lib/apt/apt-helper download-file "$1" "$file"
`;

type Bootstrapping = {
  mirror: DebianMirror;
  /** For what only this run needs. */
  workDir: string;
  /** Packages beside the least that Debian has. */
  include?: string[];
  logFile?: string;
  signal?: AbortSignal;
};

/** Makes the smallest Debian trixie in a directory. Needs root; the host stays as it is. */
export async function debootstrap(target: string, options: Bootstrapping): Promise<ToolResult> {
  const { mirror, workDir, include = [], ...running } = options;
  // Unpacked, not installed.
  const tools = await unpackHostPackages(['debootstrap', 'debian-archive-keyring'], options);
  const scripts = join(tools, 'usr/share/debootstrap');
  const programs = join(workDir, 'bin');
  await mkdir(programs);
  await writeFile(join(programs, 'wget'), FETCH_BY_APT, { mode: 0o755 });
  const keyring = mirror.keyring ?? join(tools, 'usr/share/keyrings/debian-archive-keyring.gpg');
  const flags = ['--variant=minbase', `--keyring=${keyring}`];
  if (include.length > 0) flags.push(`--include=${include.join(',')}`);
  // An older debootstrap does not know trixie by name; its script is that of sid.
  const script = existsSync(join(scripts, 'scripts/trixie')) ? 'trixie' : 'sid';
  return await runTool(
    join(tools, 'usr/sbin/debootstrap'),
    [...flags, 'trixie', target, mirror.archive, join(scripts, 'scripts', script)],
    { ...running, env: { DEBOOTSTRAP_DIR: scripts, PATH: `${programs}:${process.env.PATH}` } },
  );
}
