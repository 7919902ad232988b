import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { type BundleDir, locateBundle } from '../bundleDir.ts';
import { type BundleSettings, readBundleSettings } from '../bundleSettings.ts';
import type { IdentityName } from '../identities.ts';
import { waitUntilWell } from '../waitUntilWell.ts';

const WELL_WITHIN_MS = 60_000;

export interface TheBundle {
  dir: BundleDir;
  settings: BundleSettings;
  /** The public URL. */
  url: string;
  /** The full name of one of its networks. */
  network(name: string): string;
  /** The text of a secret, `folder/file`. */
  secret(path: string): Promise<string>;
  /** Who a container is to the others. */
  identity(name: IdentityName): Promise<ClientIdentity>;
}

/** Texts in PEM. */
export interface ClientIdentity {
  ca: string;
  cert: string;
  key: string;
}

/** The bundle under test. */
export const theBundle = (): Promise<TheBundle> => bundleIn(inject('bundle'));

/** The same where commands refuse one that is not well: what the tests before restarted is looked at every 20 s only. */
export async function wellBundle(): Promise<TheBundle> {
  const bundle = await theBundle();
  await waitUntilWell(bundle.dir, { deadlineMs: WELL_WITHIN_MS });
  return bundle;
}

/** The bundle of a state directory. */
export async function bundleIn(root: string): Promise<TheBundle> {
  const dir = locateBundle(root);
  const settings = await readBundleSettings(dir);
  if (!settings) throw new Error(`there is no bundle in ${dir.root}`);
  const secret = (path: string) => readFile(join(dir.secrets, path), 'utf8');
  return {
    dir,
    settings,
    url: settings.ORIGIN_PUBLIC_URL,
    network: (name) => `${settings.COMPOSE_PROJECT_NAME}_${name}`,
    secret,
    identity: async (name) => ({
      ca: await secret(`${name}/ca.crt`),
      cert: await secret(`${name}/tls.crt`),
      key: await secret(`${name}/tls.key`),
    }),
  };
}
