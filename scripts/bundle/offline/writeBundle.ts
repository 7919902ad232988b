import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { productVersion } from '@origin-stack/core/infra/productVersion';
import { lastLines, runTool } from '../../engine/runTool.ts';
import { buildImages } from '../../images/buildImages.ts';
import { imageReference } from '../../images/hashInputs.ts';
import { buildSteps, everyBundleImage, lookAtImages } from '../../images/lookAtImages.ts';
import type { CommandContext, Flags, Plan } from '../../lib/command.ts';
import { CommandError } from '../../lib/commandErrors.ts';
import { sha256Of, writeChecksums } from './checksums.ts';
import { copyCheckout } from './copyCheckout.ts';
import { differing, imageInputs, inputsOfEngine } from './imageInputs.ts';
import { BUNDLE_FOLDER, IMAGES_FILE, INPUTS_FILE, SBOM_FILE } from './layout.ts';
import { saveImages } from './saveImages.ts';
import { makeSbom } from './sbom.ts';

/** The folder that an archive unpacks into. */
export const folderName = `origin-stack-${productVersion}`;

/** An archive that was written. */
export type WrittenBundle = { file: string; sizeBytes: number; sha256: string; images: string[] };

/** What `writeBundle` would build, and what it would write. */
export async function planBundle(file: string): Promise<Plan> {
  const look = await lookAtImages({ all: true });
  const write = existsSync(file) ? 'replace' : 'write';
  const images = look.names;
  const content = `this checkout with its dependencies, and ${images.length} images: ${images.join(', ')}`;
  return {
    summary: 'would write an archive',
    steps: [
      ...buildSteps(look),
      { action: `${write} ${file}: ${content}`, file, images },
      { action: `write ${file}.sha256`, file: `${file}.sha256` },
    ],
  };
}

/**
 * Writes everything that a host without a network needs into one archive, whole or not at all: the images, the checkout
 * with its dependencies and Node, checksums and a list of what the images hold.
 */
export async function writeBundle(
  file: string,
  { progress, signal }: Pick<CommandContext<Flags>, 'progress' | 'signal'>,
): Promise<WrittenBundle> {
  const images = everyBundleImage();
  await buildImages({ all: true, progress, signal });
  await mkdir(dirname(resolve(file)), { recursive: true });
  // Beside the archive: it is there that the space is.
  const work = await mkdtemp(join(dirname(resolve(file)), '.origin-stack-bundle-'));
  const root = join(work, folderName);
  const step = progress.step('packing');
  try {
    step.update('the checkout and its dependencies');
    await mkdir(join(root, BUNDLE_FOLDER), { recursive: true });
    await copyCheckout(root, await imageReference('app'));
    const inputs = await imageInputs(root);
    const wrong = differing(inputs, await inputsOfEngine());
    if (wrong.length > 0) {
      throw new CommandError({
        what: `the checkout changed while it was packed: ${wrong.join(', ')}`,
        next: 'run this again',
      });
    }
    await writeFile(join(root, INPUTS_FILE), `${JSON.stringify(inputs, null, 1)}\n`);
    step.update('the list of what the images hold');
    const references = new Map<string, string>();
    for (const name of images) references.set(name, await imageReference(name));
    const sbom = await makeSbom({ references, checkout: root });
    await writeFile(join(root, SBOM_FILE), `${JSON.stringify(sbom, null, 1)}\n`);
    step.update('the images');
    await saveImages([...references.values()], join(root, IMAGES_FILE), signal);
    step.update('checksums');
    await writeChecksums(root);
    step.update('the archive');
    const owner = ['--owner=0', '--group=0', '--numeric-owner'];
    const packed = await runTool('tar', ['-cf', join(work, 'archive'), ...owner, '-C', work, folderName], {
      signal,
    });
    if (packed.code !== 0) throw new CommandError({ what: 'tar failed', why: lastLines(packed.output, 3) });
    const sha256 = await sha256Of(join(work, 'archive'));
    await rename(join(work, 'archive'), file);
    await writeFile(`${file}.sha256`, `${sha256}  ${basename(file)}\n`);
    step.done();
    return { file, sizeBytes: (await stat(file)).size, sha256, images };
  } catch (error) {
    step.fail();
    throw error;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
