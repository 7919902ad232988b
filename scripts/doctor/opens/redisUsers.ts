import type { BundleDir } from '../../bundle/bundleDir.ts';
import { composeArgv, docker } from '../../bundle/compose.ts';
import { redisCli } from '../../bundle/redisCli.ts';

const USERS = {
  api: 'api/redis-password',
  worker: 'worker/redis-password',
  tools: 'tools/redis-password',
  exporter: 'redis-exporter/redis-password',
  operator: 'redis/operator-password',
};

/** Files with passwords that Redis, as it runs, refuses. */
export async function redisMismatches(
  dir: BundleDir,
  read: (path: string) => Promise<string | undefined>,
): Promise<string[]> {
  const tried: { path: string; line: string }[] = [];
  for (const [user, path] of Object.entries(USERS)) {
    const password = await read(path);
    if (password !== undefined) tried.push({ path, line: `AUTH ${user} ${password}` });
  }
  const argv = composeArgv(dir, 'exec', '-T', 'redis', ...redisCli('health'), '--pass', '');
  const { stdout } = await docker(argv, { input: `${tried.map(({ line }) => line).join('\n')}\n` });
  const answers = stdout.split('\n').filter((line) => /^(OK|WRONGPASS)/.test(line));
  if (answers.length !== tried.length) return [];
  return tried.filter((_, at) => answers[at] !== 'OK').map(({ path }) => path);
}
