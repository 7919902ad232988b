import type { Stats } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { lastLines, runTool } from '../../engine/runTool.ts';
import { CHECKOUT } from '../../lib/checkout.ts';
import { PreconditionError } from '../../lib/commandErrors.ts';
import type { Progress } from '../../lib/progress.ts';
import { mustDocker } from '../compose.ts';
import { checkChecksums } from './checksums.ts';
import { differing, type ImageInputs, imageInputs } from './imageInputs.ts';
import { BUNDLE_FOLDER, IMAGES_FILE, INPUTS_FILE, SBOM_FILE } from './layout.ts';

/**
 * Takes the bundle's images from an archive, or from the folder that it was unpacked into; nothing is built and nothing
 * fetched. Throws PreconditionError, with nothing changed, where the archive is damaged, and where its images are not
 * those of this checkout.
 */
export async function loadImages(
  given: string,
  { progress, signal }: { progress: Progress; signal: AbortSignal },
): Promise<void> {
  const path = resolve(given);
  const found = await requireArchive(given);
  if (found.isDirectory()) return await loadFolder(path, { progress, signal });
  const work = await mkdtemp(join(dirname(path), '.origin-stack-load-'));
  try {
    const members = ['--wildcards', '--no-wildcards-match-slash', `*/${BUNDLE_FOLDER}/*`];
    const { code, output } = await runTool(
      'tar',
      ['-xf', path, '-C', work, '--strip-components=1', ...members],
      { signal },
    );
    if (code !== 0) {
      throw new PreconditionError({
        what: `${given} is no bundle, or it is damaged`,
        why: lastLines(output, 3),
        next: 'compare it with the sum that ./stack bundle printed: sha256sum --check FILE.sha256',
      });
    }
    await loadFolder(work, { progress, signal });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Throws PreconditionError where there is none. */
export async function requireArchive(given: string): Promise<Stats> {
  const found = await stat(resolve(given)).catch(() => undefined);
  if (!found) throw new PreconditionError({ what: `there is no ${given}`, next: './stack up --bundle FILE' });
  return found;
}

async function loadFolder(
  folder: string,
  { progress, signal }: { progress: Progress; signal: AbortSignal },
): Promise<void> {
  const step = progress.step('loading the images');
  try {
    step.update('checking the sums');
    await checkChecksums(folder, [IMAGES_FILE, SBOM_FILE, INPUTS_FILE]);
    // Before anything is loaded: the tags would name other images from then on.
    const packed = JSON.parse(await readFile(join(folder, INPUTS_FILE), 'utf8')) as ImageInputs;
    const wrong = differing(await imageInputs(CHECKOUT), packed);
    if (wrong.length > 0) {
      throw new PreconditionError({
        what: 'the images are not those of this checkout',
        why: `${wrong.join(', ')} were made from other files`,
        next: 'unpack the archive, and type ./stack up --bundle FILE in its folder',
      });
    }
    step.update('loading');
    await mustDocker(['load', '--quiet', '--input', join(folder, IMAGES_FILE)], { signal });
    step.done();
  } catch (error) {
    step.fail();
    throw error;
  }
}
