import type { BundleSettings } from './bundleSettings.ts';
import { mustDocker } from './compose.ts';

/** Where this host reaches a container in one of the bundle's networks, by its name in the Compose file; undefined where it is in none. */
export async function addressIn(
  network: string,
  { id, settings }: { id: string; settings: Pick<BundleSettings, 'COMPOSE_PROJECT_NAME'> },
): Promise<string | undefined> {
  const name = `${settings.COMPOSE_PROJECT_NAME}_${network}`;
  const format = `{{with index .NetworkSettings.Networks "${name}"}}{{.IPAddress}}{{end}}`;
  return (await mustDocker(['inspect', '--format', format, id])).trim() || undefined;
}
