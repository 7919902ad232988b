import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool } from '../engine/runTool.ts';
import { CHECKOUT } from '../lib/checkout.ts';
import { PreconditionError } from '../lib/commandErrors.ts';
import type { Progress } from '../lib/progress.ts';
import { buildImage, INPUTS_LABEL } from './buildImage.ts';
import { makeBuildSecrets } from './buildSecrets.ts';
import { readImage } from './imageFacts.ts';
import { imageList } from './imageList.ts';
import { type ImageChoice, lookAtImages } from './lookAtImages.ts';
import { runInOrder } from './runInOrder.ts';

export type BuildOptions = ImageChoice & {
  progress: Progress;
  signal: AbortSignal;
  /** How many are built at once. */
  jobs?: number;
};

/** One image after the build. `ownBytes` is what it adds to the image it was made from. */
export type BuiltImage = {
  name: string;
  /** As the engine calls it. */
  reference: string;
  sizeBytes: number;
  ownBytes: number;
  result: 'built' | 'reused';
  seconds: number;
};

/**
 * Afterwards every named image is there, made from the checkout as it is now. One whose inputs have not changed is
 * not built again, and a parent only where something is built from it. What was built before a failure is kept.
 */
export async function buildImages(options: BuildOptions): Promise<BuiltImage[]> {
  const { progress, signal, jobs = 2, fresh = false } = options;
  const { names, hashes, references, toName, toBuild: missing } = await lookAtImages(options);
  for (const [reference, id] of toName) await runTool('docker', ['tag', id, reference]);
  const referenceOf = (name: string) => references.get(name) ?? '';
  const seconds = new Map<string, number>();
  if (missing.length > 0) {
    const logDir = join(CHECKOUT, '.stack/build');
    await mkdir(logDir, { recursive: true });
    const secrets = await makeBuildSecrets(process.env);
    try {
      await runInOrder(missing, { jobs, signal }, async (image, signal) => {
        const startedAt = performance.now();
        const step = progress.step(`image ${image.name} (${image.summary})`);
        try {
          const hash = hashes.get(image.name) ?? '';
          const logFile = join(logDir, `${image.name}.log`);
          const { flags } = secrets;
          await buildImage(image.name, {
            checkout: CHECKOUT,
            referenceOf,
            hash,
            secretFlags: flags,
            logFile,
            fresh,
            signal,
          });
          step.done();
        } catch (error) {
          step.fail(signal.aborted ? 'stopped' : undefined);
          throw error;
        }
        seconds.set(image.name, Math.round((performance.now() - startedAt) / 100) / 10);
      });
    } finally {
      await secrets.remove();
      // What the new images replaced, where no container runs it.
      await runTool('docker', ['image', 'prune', '--force', `--filter=label=${INPUTS_LABEL}`]);
    }
  }
  return await Promise.all([...new Set([...missing.map(({ name }) => name), ...names])].map(describe));

  async function describe(name: string): Promise<BuiltImage> {
    const facts = await readImage(referenceOf(name));
    if (!facts) throw new PreconditionError({ what: `the image ${name} went away`, next: './stack images' });
    const { APP, BASE } = imageList.find((each) => each.name === name)?.parents ?? {};
    // Without its parent (a loaded bundle brings none) everything counts as its own.
    const parent = await readImage(referenceOf(APP ?? BASE ?? ''));
    const took = seconds.get(name);
    return {
      name,
      reference: referenceOf(name),
      sizeBytes: facts.sizeBytes,
      ownBytes: facts.sizeBytes - (parent?.sizeBytes ?? 0),
      result: took === undefined ? 'reused' : 'built',
      seconds: took ?? 0,
    };
  }
}
