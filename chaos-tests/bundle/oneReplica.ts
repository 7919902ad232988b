import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addressIn } from '@origin-stack/scripts/bundle/addressIn.ts';
import { composeArgv, mustDocker } from '@origin-stack/scripts/bundle/compose.ts';
import { publicFetch } from '@origin-stack/scripts/bundle/publicClient.ts';
import type { Target } from '../invariants/aftermath.ts';
import type { ChaosTarget } from './chaosTarget.ts';

const PORT = 8443;

/** A replica's own listener, reached from this host as nginx reaches it: by its address, with nginx's certificate. */
export async function oneReplica(
  { dir, settings }: ChaosTarget,
  service: 'api-a' | 'api-b',
): Promise<Pick<Target, 'apiUrl' | 'fetch'>> {
  const id = (await mustDocker(composeArgv(dir, 'ps', '--quiet', service))).trim();
  const connectTo = await addressIn('app', { id, settings });
  const own = (file: string) => join(dir.secrets, 'nginx', file);
  const [cert, key] = await Promise.all(['tls.crt', 'tls.key'].map((file) => readFile(own(file), 'utf8')));
  const identity = { cert: cert ?? '', key: key ?? '' };
  const apiUrl = `https://${service}:${PORT}`;
  return { apiUrl, fetch: publicFetch({ url: apiUrl, caFiles: [own('ca.crt')], connectTo, identity }) };
}
