import { mkdir } from 'node:fs/promises';
import { PreconditionError } from '../lib/commandErrors.ts';
import { docker } from './compose.ts';
import type { InstallationInput, MadeInstallation } from './makeInstallation.ts';

/** What files of other users need, and nothing else. */
const CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'];

/**
 * Makes `secrets/` by a container that is root where this user is not: whoever may use the engine may do that. It sees
 * that one folder and no network.
 */
export async function makeByContainer(input: InstallationInput): Promise<MadeInstallation> {
  const { root } = input.tree;
  await mkdir(root, { recursive: true });
  const argv = [
    ...[
      'run',
      '--rm',
      '--interactive',
      '--network',
      'none',
      '--user',
      '0:0',
      '--read-only',
      '--cap-drop',
      'ALL',
    ],
    ...CAPABILITIES.flatMap((name) => ['--cap-add', name]),
    ...[
      '--volume',
      `${root}:${root}`,
      '--entrypoint',
      'node',
      `origin-stack/app:${input.settings.ORIGIN_VERSION}`,
    ],
    'scripts/bundle/inContainer/makeInstallation.ts',
  ];
  const { code, stdout, stderr } = await docker(argv, { input: JSON.stringify(input) });
  if (code === 0) return JSON.parse(stdout) as MadeInstallation;
  const error = stdout.startsWith('{') ? JSON.parse(stdout).error : undefined;
  throw new PreconditionError({
    what: error?.what ?? 'the secrets could not be made by a container',
    why: error?.why ?? (stderr.trim().split('\n').slice(-3).join('\n') || `exit ${code}`),
    next: error?.next ?? './stack images, then this again; or run it as root',
  });
}
