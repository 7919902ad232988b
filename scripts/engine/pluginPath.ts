import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where the client looks for plugins, in its order: the first that it finds hides the others. */
const DIRS = [
  join(homedir(), '.docker/cli-plugins'),
  '/usr/local/lib/docker/cli-plugins',
  '/usr/local/libexec/docker/cli-plugins',
  '/usr/lib/docker/cli-plugins',
  '/usr/libexec/docker/cli-plugins',
];

/** The plugin that the client runs; undefined where there is none. */
export const pluginPath = (name: string, dirs: readonly string[] = DIRS): string | undefined =>
  dirs.map((dir) => join(dir, name)).find((path) => existsSync(path));
