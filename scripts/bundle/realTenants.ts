import { parseAnswer } from '../lib/parseAnswer.ts';
import { OWN_TENANTS } from '../tenants/ownTenants.ts';
import type { BundleDir } from './bundleDir.ts';
import { composeArgv, mustDocker } from './compose.ts';

/** The names of the others: whoever is served here notices load and faults. */
export const realTenantsOf = (names: readonly string[]): string[] =>
  names.filter((name) => !OWN_TENANTS.includes(name));

/** Asks the database of a running bundle for its real tenants, by name. */
export async function realTenants(dir: BundleDir, signal: AbortSignal): Promise<string[]> {
  const argv = composeArgv(dir, 'run', '--rm', '-T', 'tools', 'tenant', 'list', '--json');
  const answer = await mustDocker(argv, { signal });
  const { tenants } = parseAnswer<{ tenants: { name: string }[] }>(answer, './stack tenant list');
  return realTenantsOf(tenants.map(({ name }) => name));
}

/** `acme, globex and 3 more tenants`: as many names as a line takes. */
export function tenantsInWords(names: readonly string[]): string {
  const shown = names.slice(0, 3);
  const more = names.length - shown.length;
  const tenants = names.length === 1 ? 'the tenant' : 'the tenants';
  return `${tenants} ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
