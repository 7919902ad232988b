import type { OriginClient } from '@origin-stack/sdk';
import { bundleClient, publicAddress } from '../bundleClient.ts';
import { publicFetch } from '../publicClient.ts';
import type { TheBundle } from './theBundle.ts';

/** A client with every scope, of a tenant that only these tests have. */
export const testClient = (bundle: TheBundle): Promise<OriginClient> =>
  bundleClient(bundle.dir, 'test', AbortSignal.timeout(120_000));

/** Asks the public listener for a path, its certificate verified. */
export function askPublic(bundle: TheBundle): (path: string, init?: RequestInit) => Promise<Response> {
  const send = publicFetch(publicAddress(bundle.dir, bundle.settings));
  return (path, init) => send(`${bundle.url}${path}`, init);
}
