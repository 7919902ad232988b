import { alertScaleOf, SCALED_OVERLAY } from '../alerts/scaledFiles.ts';
import type { BundleDir } from '../bundle/bundleDir.ts';
import type { BundleSettings } from '../bundle/bundleSettings.ts';
import { composeArgv, docker, mustDocker } from '../bundle/compose.ts';
import { type ConfigHashes, hasOtherSettings, readConfigHashes } from '../bundle/configHashes.ts';
import { parseAnswer } from '../lib/parseAnswer.ts';
import type { Drift } from './drift.ts';
import { type Inspected, isOneOff, serviceOf } from './inspected.ts';
import { type DeclaredNetworks, type DeclaredService, liveChanges } from './liveChanges.ts';
import { secretDrift } from './secretDrift.ts';

/** Everything that runs otherwise than the Compose file, the settings and the secrets' plan declare. */
export async function findDrift(
  dir: BundleDir,
  settings: BundleSettings,
  containers: Inspected[],
): Promise<Drift[]> {
  const declared = await readDeclared(dir);
  const [strangers, secrets] = await Promise.all([
    findStrangers(settings.COMPOSE_PROJECT_NAME, containers),
    secretDrift(dir.secrets, settings.ORIGIN_TAG_APP),
  ]);
  return [...compareContainers(declared, containers), ...strangers, ...secrets, ...scaledAlerts(settings)];
}

/** What `docker compose config` says. */
export interface Declared {
  hashes: ConfigHashes;
  services: Record<string, DeclaredService>;
  networks: DeclaredNetworks;
}

async function readDeclared(dir: BundleDir): Promise<Declared> {
  const [hashes, config] = await Promise.all([
    readConfigHashes({ argv: composeArgv(dir, 'config') }),
    mustDocker(composeArgv(dir, 'config', '--format', 'json')),
  ]);
  return { ...parseAnswer<Omit<Declared, 'hashes'>>(config, 'docker compose config'), hashes };
}

/**
 * Compares services with containers: by Compose's hash for what they were made with, and by what the engine says for
 * what was changed since. Containers of one command are no drift.
 */
export function compareContainers(declared: Declared, containers: Inspected[]): Drift[] {
  const standing = containers.filter((container) => !isOneOff(container));
  const missing = [...declared.hashes.keys()].filter(
    (name) => !standing.some((one) => serviceOf(one) === name),
  );
  return [
    ...missing.map((subject) => ({
      subject,
      difference: 'it is declared and has no container',
      fix: './stack up',
    })),
    ...standing.flatMap((container) => differenceOf(container, declared, standing)),
  ];
}

function differenceOf(container: Inspected, declared: Declared, all: Inspected[]): Drift[] {
  const subject = serviceOf(container);
  const name = container.Name.slice(1);
  if (!declared.hashes.has(subject)) {
    return [{ subject, difference: `no such service is declared, and ${name} is there`, fix: './stack up' }];
  }
  const found: string[] = [];
  const isOther = hasOtherSettings(container, declared.hashes);
  if (isOther) found.push('it was made with other settings than are declared now');
  const isDone =
    subject === 'migrate' && container.State.Status === 'exited' && container.State.ExitCode === 0;
  if (!container.State.Running && !isDone) found.push(`it is ${container.State.Status}, not running`);
  const twins = all.filter((other) => serviceOf(other) === subject);
  if (twins.length > 1 && twins[0] === container) found.push(`it has ${twins.length} containers, not one`);
  // One that `up` replaces anyway comes with what is declared.
  const changes = isOther ? [] : liveChanges(container, declared.services[subject] ?? {}, declared.networks);
  return [
    ...found.map((difference) => ({ subject, difference, fix: './stack up' })),
    ...changes.map((change) => ({ subject, ...change })),
  ];
}

/** Declared, and yet nothing that an installation should keep. */
function scaledAlerts(settings: BundleSettings): Drift[] {
  const scale = alertScaleOf(settings);
  if (scale === 1) return [];
  const difference = `the overlay ${SCALED_OVERLAY} divides every duration of the alerts by ${scale}: they fire too early`;
  return [{ subject: 'alerts', difference, fix: `./stack up --without ${SCALED_OVERLAY}` }];
}

/** Containers of somebody else on the bundle's networks. */
async function findStrangers(project: string, containers: Inspected[]): Promise<Drift[]> {
  const filter = `label=com.docker.compose.project=${project}`;
  const names = (await mustDocker(['network', 'ls', '--quiet', '--filter', filter]))
    .split('\n')
    .filter(Boolean);
  if (names.length === 0) return [];
  const { stdout } = await docker(['network', 'inspect', ...names]);
  type Network = { Name: string; Containers: Record<string, { Name: string }> | null };
  const networks = parseAnswer<Network[]>(stdout, 'docker network inspect');
  const own = new Set(containers.map(({ Id }) => Id));
  return networks.flatMap(({ Name: network, Containers }) =>
    Object.entries(Containers ?? {})
      .filter(([id]) => !own.has(id) && !id.startsWith('ep-'))
      .map(([, { Name: name }]) => ({
        subject: name,
        difference: `it is on ${network}, and is none of the bundle's containers`,
        fix: `docker network disconnect ${network} ${name}`,
      })),
  );
}
