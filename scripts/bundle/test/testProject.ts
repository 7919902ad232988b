import { mustDocker } from '../compose.ts';
import { PROBE_LABEL } from './openProbe.ts';

/** How bundles of tests are called. */
const TEST_PROJECT = /^origin-([a-z]+-)?test$/;

/** Everything of the project, also what a killed run left, whose state directory is gone. */
export async function removeProject(project: string): Promise<void> {
  const label = `label=com.docker.compose.project=${project}`;
  const kinds = [
    {
      list: ['ps', '--all'],
      label: `label=${PROBE_LABEL}=${project}`,
      remove: ['rm', '--force', '--volumes'],
    },
    { list: ['ps', '--all'], label, remove: ['rm', '--force', '--volumes'] },
    { list: ['network', 'ls'], label, remove: ['network', 'rm'] },
    { list: ['volume', 'ls'], label, remove: ['volume', 'rm'] },
  ];
  for (const { list, label: filter, remove } of kinds) {
    const ids = (await mustDocker([...list, '--quiet', '--filter', filter])).split('\n').filter(Boolean);
    // One after the other: an engine that removes running containers at the same time loses count of those in a network,
    // which it then keeps (https://github.com/moby/moby/issues/42119).
    for (const id of ids) await mustDocker([...remove, id]);
  }
}

/**
 * Everything of every test's bundle, also networks and volumes whose containers are gone: the next bundle would be put into
 * them. A killed run leaves containers that the engine starts again with itself, and they take the processors from whatever
 * is measured after. So one engine serves one run of tests at a time.
 */
export async function removeTestProjects(): Promise<void> {
  const lists = [
    ['ps', '--all'],
    ['network', 'ls'],
    ['volume', 'ls'],
  ];
  const format = '{{.Label "com.docker.compose.project"}}';
  const listed = await Promise.all(lists.map((list) => mustDocker([...list, '--format', format])));
  const projects = new Set(
    listed.flatMap((text) => text.split('\n')).filter((name) => TEST_PROJECT.test(name)),
  );
  for (const project of projects) await removeProject(project);
}

/** A /24 that no network of the engine has, as its first three numbers. */
export async function freeSubnet(): Promise<string> {
  const ids = (await mustDocker(['network', 'ls', '--quiet'])).split('\n').filter(Boolean);
  const format = '{{range .IPAM.Config}}{{.Subnet}} {{end}}';
  const taken = await mustDocker(['network', 'inspect', '--format', format, ...ids]);
  for (let third = 249; third > 200; third -= 1) {
    const subnet = `10.213.${third}`;
    if (!taken.includes(`${subnet}.`)) return subnet;
  }
  throw new Error('no subnet of 10.213 is free');
}
