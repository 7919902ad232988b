/** An image as it is built. `inputs` are paths from the root of the checkout: with them the image stays the same. */
export type Image = {
  name: string;
  /** What its Dockerfile starts from, by the build argument that gets the name. */
  parents: { [argument: string]: string };
  /** Files and directories beside its own directory that enter it. */
  inputs?: string[];
  /**
   * `runs` is part of the bundle; `later` too, and is built when a command or an overlay first uses it. `builds` only helps to build
   * others, `tests` is built when it is named.
   */
  purpose: 'runs' | 'later' | 'builds' | 'tests';
  summary: string;
};

const base = { BASE: 'base' };
const goProgram = { BASE: 'base', GO: 'go' };

/** Every image, parents first. */
export const imageList: readonly Image[] = [
  { name: 'base', parents: {}, purpose: 'builds', summary: 'Debian trixie' },
  { name: 'go', parents: base, purpose: 'builds', summary: 'Go from trixie-backports' },
  // The longest build comes first.
  { name: 'minio', parents: goProgram, purpose: 'runs', summary: 'the object store' },
  {
    name: 'app',
    parents: goProgram,
    inputs: [
      '.dockerignore',
      'package.json',
      'package-lock.json',
      'packages/contract',
      'packages/core',
      'packages/sdk',
      'packages/testkit/package.json',
      'api',
      'worker',
      'scripts',
      'chaos-tests/package.json',
    ],
    purpose: 'runs',
    summary: 'API, worker, migrations and commands',
  },
  { name: 'postgres', parents: base, purpose: 'runs', summary: 'PostgreSQL 17' },
  { name: 'redis', parents: base, purpose: 'runs', summary: 'Redis 8' },
  { name: 'nginx', parents: base, purpose: 'runs', summary: "the edge and the object store's guard" },
  { name: 'vault', parents: base, purpose: 'runs', summary: 'OpenBao' },
  { name: 'prometheus', parents: base, purpose: 'runs', summary: 'metrics' },
  { name: 'alertmanager', parents: base, purpose: 'runs', summary: 'alerts' },
  { name: 'exporters', parents: base, purpose: 'runs', summary: 'metrics of host, stores and logs' },
  { name: 'cron', parents: { APP: 'app', GO: 'go' }, purpose: 'runs', summary: 'app with supercronic' },
  { name: 'versitygw', parents: goProgram, purpose: 'later', summary: 'the other object store' },
  { name: 'k6', parents: goProgram, purpose: 'later', summary: 'the load generator' },
  { name: 'promtool', parents: base, purpose: 'tests', summary: 'checks rules' },
];

/** The image of that name. */
export function findImage(name: string): Image {
  const image = imageList.find((candidate) => candidate.name === name);
  if (!image) throw new Error(`there is no image ${name}`);
  return image;
}

export const imageTag = (name: string, tag: string): string => `origin-stack/${name}:${tag}`;
