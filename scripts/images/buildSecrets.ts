import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findDebianMirror, trixieSources } from '../engine/debianMirror.ts';
import { describeNetwork, findCaBundle } from './networkSettings.ts';

/** The secrets of a build as flags of `docker buildx build`; `remove` takes the files away. */
export type BuildSecrets = { flags: string[]; remove: () => Promise<void> };

/** The keys that the base trusts, where Debian's own package puts them. */
const BASE_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Writes what builds need of the host and no image may keep: its CA bundle, its network settings, its mirror. */
export async function makeBuildSecrets(env: NodeJS.ProcessEnv): Promise<BuildSecrets> {
  const dir = await mkdtemp(join(tmpdir(), 'origin-stack-build-'));
  const write = async (id: string, content: string) => {
    await writeFile(join(dir, id), content, { mode: 0o600 });
    return `--secret=id=${id},src=${join(dir, id)}`;
  };
  const flags = [await write('network', await describeNetwork(env))];
  const ca = findCaBundle(env);
  if (ca) flags.push(`--secret=id=ca,src=${ca}`);
  const mirror = await findDebianMirror();
  if (mirror) {
    flags.push(await write('sources', trixieSources(mirror, { backports: true, keyring: BASE_KEYRING })));
  }
  return { flags, remove: () => rm(dir, { recursive: true, force: true }) };
}
