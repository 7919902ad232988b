import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DebianMirror, findDebianMirror, trixieSources } from '../engine/debianMirror.ts';
import { PreconditionError } from '../lib/commandErrors.ts';
import { describeNetwork, findCaBundle } from './networkSettings.ts';

/** The secrets of a build as flags of `docker buildx build`; `remove` takes the files away. */
export type BuildSecrets = { flags: string[]; remove: () => Promise<void> };

/** The keys that the base trusts, where Debian's own package puts them. */
const BASE_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Writes what builds need of the host: its CA bundle and network settings, which no image keeps, and its mirror, whose
 * address stays in the apt sources of every image, since each is made from the base.
 */
export async function makeBuildSecrets(env: NodeJS.ProcessEnv): Promise<BuildSecrets> {
  const mirror = await findDebianMirror();
  if (mirror) refusePasswords(mirror);
  const dir = await mkdtemp(join(tmpdir(), 'origin-stack-build-'));
  const write = async (id: string, content: string) => {
    await writeFile(join(dir, id), content, { mode: 0o600 });
    return `--secret=id=${id},src=${join(dir, id)}`;
  };
  const flags = [await write('network', await describeNetwork(env))];
  const ca = findCaBundle(env);
  if (ca) flags.push(`--secret=id=ca,src=${ca}`);
  if (mirror) {
    flags.push(await write('sources', trixieSources(mirror, { backports: true, keyring: BASE_KEYRING })));
  }
  return { flags, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** Throws PreconditionError where the mirror's address holds a password: whoever has an image would have it too. */
export function refusePasswords({ archive, security }: DebianMirror): void {
  const isOpen = [archive, security].every((address) => !/^[\w+.-]+:\/\/[^/]*@/.test(address));
  if (isOpen) return;
  throw new PreconditionError({
    what: "the mirror's address in apt's sources holds a password, which every image would keep",
    next: "name a mirror that asks for none in apt's sources (a proxy before yours can give it), apt-get update, then run this again",
  });
}
