import { bundleKey, publicAddress } from '@origin-stack/scripts/bundle/bundleClient.ts';
import type { BundleDir } from '@origin-stack/scripts/bundle/bundleDir.ts';
import { type BundleSettings, requireBundle } from '@origin-stack/scripts/bundle/bundleSettings.ts';
import { composeArgv, mustDocker } from '@origin-stack/scripts/bundle/compose.ts';
import { publicFetch } from '@origin-stack/scripts/bundle/publicClient.ts';
import { OriginClient } from '@origin-stack/sdk';
import type { Target } from '../invariants/aftermath.ts';
import type { Tenant } from '../product/makeTenants.ts';
import type { OwnerDatabase } from '../product/openOwner.ts';
import { runStack } from '../product/runStack.ts';

/** A running bundle, as scenarios load it, harm it and look at it. */
export interface ChaosTarget extends Target {
  dir: BundleDir;
  settings: BundleSettings;
  owner: Pick<OwnerDatabase, 'rows'>;
  /** The tenant that only chaos has. */
  tenant: Tenant;
}

const TENANT = 'chaos';

/** Opens a bundle that is well; its tenant is made the first time. Throws PreconditionError where there is none. */
export async function openChaosTarget(dir: BundleDir, signal: AbortSignal): Promise<ChaosTarget> {
  const settings = await requireBundle(dir);
  const address = publicAddress(dir, settings);
  const fetch = publicFetch(address);
  const apiKey = await bundleKey(dir, TENANT, signal);
  const client = new OriginClient({ baseUrl: address.url, apiKey, fetch });
  const headers = { authorization: `Bearer ${apiKey}` };
  const whoAmI = await fetch(`${address.url}/v1/whoami`, { headers });
  const { tenant_id: id } = (await whoAmI.json()) as { tenant_id: string };
  return {
    dir,
    settings,
    apiUrl: address.url,
    fetch,
    stack: (args) => runStack([...args, ...dir.named]),
    owner: { rows: (sql, values) => rowsOf(dir, sql, values) },
    tenant: { id, name: TENANT, apiKey, client },
  };
}

/** By psql in the container: the host has no way into the data network. A list goes as an array's text. */
async function rowsOf<Row>(dir: BundleDir, sql: string, values: unknown[] = []): Promise<Row[]> {
  const bound = values.map((value) => `'${textOf(value).replaceAll("'", "''")}'`).join(' ');
  const query = `select coalesce(json_agg(found), '[]') from (${sql}) as found ${bound && `\\bind ${bound}`} \\g\n`;
  const psql = ['psql', '--no-psqlrc', '-v', 'ON_ERROR_STOP=1', '-U', 'postgres', '-d', 'origin', '-At'];
  return JSON.parse(
    await mustDocker(composeArgv(dir, 'exec', '-T', 'postgres', ...psql), {
      input: query.replaceAll('\n', ' ').concat('\n'),
    }),
  );
}

const textOf = (value: unknown) =>
  Array.isArray(value) ? `{${value.map((one) => JSON.stringify(String(one))).join(',')}}` : String(value);
