import { rm } from 'node:fs/promises';
import { runTool } from '../engine/runTool.ts';
import { CommandError } from '../lib/commandErrors.ts';
import { makeDebianRoot } from './debianRoot.ts';
import { explainFailure } from './explainFailure.ts';
import { findImage } from './imageList.ts';
import { stageContext } from './stageContext.ts';

/** The label that holds the hash of an image's inputs. */
export const INPUTS_LABEL = 'org.origin-stack.inputs';
const TITLE_LABEL = 'org.opencontainers.image.title';

export type Building = {
  checkout: string;
  /** What an image is called. */
  referenceOf(name: string): string;
  hash: string;
  secretFlags: string[];
  logFile: string;
  /** Use nothing of earlier builds. */
  fresh: boolean;
  signal: AbortSignal;
};

/** Builds one image, its parents being there; throws with the end of the build's output. */
export async function buildImage(name: string, building: Building): Promise<void> {
  const { logFile, signal } = building;
  await rm(logFile, { force: true });
  if (name !== 'base') return await runBuild(name, {}, building);
  const { root, temporary } = await makeDebianRoot({ logFile, signal });
  try {
    await runBuild(name, { ROOT: root }, building);
  } finally {
    if (temporary) await runTool('docker', ['image', 'rm', root]);
  }
}

async function runBuild(name: string, args: Record<string, string>, building: Building): Promise<void> {
  const { checkout, referenceOf, hash, secretFlags, logFile, fresh, signal } = building;
  const { parents, summary } = findImage(name);
  const parentArgs = Object.entries(parents).map(([argument, parent]) => [argument, referenceOf(parent)]);
  const buildArgs = [...parentArgs, ...Object.entries(args)].map(
    ([key, value]) => `--build-arg=${key}=${value}`,
  );
  const context = await stageContext(checkout, name);
  const { code, output } = await runTool(
    'docker',
    [
      ...['buildx', 'build', '--progress=plain', '--load', `--tag=${referenceOf(name)}`],
      `--file=compose/images/${name}/Dockerfile`,
      // The host's own network: a proxy that listens on its loopback is reached too.
      '--network=host',
      `--label=${INPUTS_LABEL}=${hash}`,
      `--label=${TITLE_LABEL}=Origin Stack: ${summary}`,
      ...(fresh ? ['--no-cache'] : []),
      ...buildArgs,
      ...secretFlags,
      '.',
    ],
    // The plain builder of the environment: a context or a remote builder would not see the parents.
    { cwd: context.path, env: { BUILDX_BUILDER: 'default' }, logFile, signal },
  ).finally(context.remove);
  if (code === 0) return;
  signal.throwIfAborted();
  throw new CommandError({
    what: `the image ${name} cannot be built`,
    why: explainFailure(output),
    next: `look into ${logFile}; what is built is kept: ./stack images`,
  });
}
