import { mkdir } from 'node:fs/promises';
import { imageTag } from '../images/imageList.ts';
import { PreconditionError } from '../lib/commandErrors.ts';
import type { DescribedError } from '../lib/describeError.ts';
import { parseAnswer } from '../lib/parseAnswer.ts';
import { docker } from './compose.ts';
import { withoutProxies } from './dockerEnv.ts';
import { noEngineError } from './noEngine.ts';
import type { SecretTree } from './secretFiles.ts';

/** What files of other users need, and nothing else. */
const CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'];

export interface ContainerWork<Input> {
  /** A file of `inContainer/`, without its ending. */
  program: string;
  /** The tag of the image `app`. */
  tag: string;
  input: Input;
  /** What could not be done, where the container itself fails. */
  failure: string;
}

/**
 * Works below `secrets/` by a container that is root where this user is not: whoever may use the engine may do that. It
 * sees that one folder and no network. Throws PreconditionError as the program itself would.
 */
export async function workByContainer<Input extends { tree: SecretTree }, Output>({
  program,
  tag,
  input,
  failure,
}: ContainerWork<Input>): Promise<Output> {
  const { root } = input.tree;
  await mkdir(root, { recursive: true });
  const isolation = ['--network', 'none', '--user', '0:0', '--read-only', '--cap-drop', 'ALL'];
  const argv = [
    // What it answers may hold keys: no log of the engine keeps it.
    ...['run', '--rm', '--interactive', '--log-driver', 'none', ...isolation, ...withoutProxies],
    ...CAPABILITIES.flatMap((name) => ['--cap-add', name]),
    ...['--volume', `${root}:${root}`, '--entrypoint', 'node', imageTag('app', tag)],
    `scripts/bundle/inContainer/${program}.ts`,
  ];
  const { code, stdout, stderr } = await docker(argv, { input: JSON.stringify(input) });
  if (code === 0) return parseAnswer<Output>(stdout, 'docker run');
  const silent = noEngineError(stderr);
  if (silent) throw silent;
  const error = stdout.startsWith('{')
    ? parseAnswer<{ error?: DescribedError['data'] }>(stdout, 'docker run').error
    : undefined;
  throw new PreconditionError({
    what: error?.what ?? failure,
    why: error?.why ?? (stderr.trim().split('\n').slice(-3).join('\n') || `exit ${code}`),
    next: error?.next ?? './stack images, then this again; or run it as root',
  });
}
