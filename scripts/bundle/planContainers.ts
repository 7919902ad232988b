import { type Inspected, isOneOff, serviceOf } from '../audit/inspected.ts';
import { inspectProject } from '../audit/readFacts.ts';
import type { Plan } from '../lib/command.ts';
import { parseAnswer } from '../lib/parseAnswer.ts';
import type { BundleSettings } from './bundleSettings.ts';
import { composeOf, mustDocker } from './compose.ts';
import type { Container } from './containers.ts';
import { isHalfMade } from './removeHalfMade.ts';
import { orderOfStart, type StartOrder } from './startContainers.ts';
import { type Expected, isUnread, readExpected, whyOther } from './whyOther.ts';
import type { WrittenAt } from './writtenSecrets.ts';

/** What will be different when the containers are started. */
export interface Coming {
  settings: BundleSettings;
  /** Images that are built before. */
  toBuild: string[];
  /** Images come from an archive, which was not opened. */
  isLoaded: boolean;
  /** By it is seen whose process has not read what is there then. */
  writtenAt: WrittenAt;
}

/** What `docker compose config` says of the bundle with the settings that are to be. */
interface Declaration {
  services: Record<string, { image: string }>;
  networks: Record<string, { name: string }>;
  volumes: Record<string, { name: string }>;
}

type Step = Plan['steps'][number];

/** What `startContainers` would make, replace, start and remove, in its order. Changes nothing. */
export async function planContainers(coming: Coming): Promise<Plan['steps']> {
  const { argv, env } = composeOf(coming.settings, 'config');
  const [config, expected, inspected] = await Promise.all([
    mustDocker([...argv, '--format', 'json'], { env }),
    readExpected({ argv, env }),
    inspectProject(coming.settings.COMPOSE_PROJECT_NAME),
  ]);
  const declaration = parseAnswer<Declaration>(config, 'docker compose config');
  const standing = inspected.filter((one) => !isOneOff(one));
  const [halfMade, containers] = [
    standing.filter((one) => isHalfMade(asContainer(one))),
    new Map<string, Inspected>(),
  ];
  for (const one of standing) if (!halfMade.includes(one)) containers.set(serviceOf(one), one);
  const services = Object.keys(declaration.services);
  const reasons = new Map<string, string>();
  for (const [service, one] of containers) {
    const why = whyReplaced(one, { expected, coming, image: declaration.services[service]?.image ?? '' });
    if (why !== undefined) reasons.set(service, why);
  }
  const unread = [...containers.values()].filter((one) => isUnread(one, coming.writtenAt));
  const order = orderOfStart([...containers.values()].map(asContainer), {
    unread: unread.map(serviceOf),
    other: [...reasons.keys()],
  });
  const first = services.filter((service) => order.rolled.includes(service));
  return [
    ...halfMade.map((one) => ({ action: `remove ${nameOf(one)}, which was made and never started` })),
    ...(await missingParts(declaration)),
    ...[...first, ...services.filter((service) => !first.includes(service))].flatMap((service) =>
      stepOf(service, { container: containers.get(service), order, why: reasons.get(service) }),
    ),
    ...[...containers].flatMap(([service, one]) =>
      services.includes(service)
        ? []
        : [{ action: `remove ${nameOf(one)}: no such service is declared`, service }],
    ),
  ];
}

/** Nothing where the container stays as it is. `why`: why Compose replaces it of itself. */
function stepOf(
  service: string,
  { container, order, why }: { container: Inspected | undefined; order: StartOrder; why: string | undefined },
): Step[] {
  if (!container) return [{ action: `make and start ${service}`, service, change: 'make' }];
  const reason = order.forced.includes(service)
    ? 'a secret or a folder of its own is newer than its process'
    : why;
  if (reason !== undefined) {
    const rolled = order.rolled.includes(service) ? ', one replica after the other' : '';
    return [{ action: `replace ${service}${rolled}: ${reason}`, service, change: 'replace' }];
  }
  if (container.State.Running) return [];
  const action =
    service === 'migrate' ? 'run migrate again' : `start ${service}: it is ${container.State.Status}`;
  return [{ action, service, change: 'start' }];
}

/** As Compose judges, with images that are only built or loaded before it is asked. */
function whyReplaced(
  container: Inspected,
  { expected, coming, image }: { expected: Expected; coming: Coming; image: string },
): string | undefined {
  const why = whyOther(container, expected);
  if (why !== undefined) return why;
  if (coming.isLoaded) return 'if the archive has another image than it runs';
  const name = image.replace(/^origin-stack\//, '').replace(/:.*$/, '');
  return coming.toBuild.includes(name) ? 'it has another image' : undefined;
}

/** Networks and volumes that Compose would make. */
async function missingParts(declaration: Declaration): Promise<Step[]> {
  const steps: Step[] = [];
  for (const kind of ['network', 'volume'] as const) {
    const there = (await mustDocker([kind, 'ls', '--format', '{{.Name}}'])).split('\n');
    const names = Object.values(declaration[`${kind}s`]).map(({ name }) => name);
    const missing = names.filter((name) => !there.includes(name));
    if (missing.length > 0)
      steps.push({ action: `make ${kind}s: ${missing.join(', ')}`, [`${kind}s`]: missing });
  }
  return steps;
}

const nameOf = ({ Name }: Inspected) => Name.replace(/^\//, '');

const asContainer = (one: Inspected): Container => ({
  service: serviceOf(one),
  name: nameOf(one),
  id: one.Id,
  state: one.State.Status,
  health: one.State.Health?.Status ?? '',
  exitCode: one.State.ExitCode,
  status: one.State.Status,
});
