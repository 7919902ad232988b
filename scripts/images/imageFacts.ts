import { runTool } from '../engine/runTool.ts';
import { INPUTS_LABEL } from './buildImage.ts';

/** An image that the engine has: the hash it was built from, its size, and its layers, the lowest first. */
export type ImageFacts = { hash: string; sizeBytes: number; layers: string[] };

/** What the engine knows of an image; undefined when it has none by that name. */
export async function readImage(reference: string): Promise<ImageFacts | undefined> {
  const format = `{{index .Config.Labels "${INPUTS_LABEL}"}}|{{.Size}}|{{join .RootFS.Layers ","}}`;
  const { code, output } = await runTool('docker', ['image', 'inspect', '--format', format, reference]);
  if (code !== 0) return undefined;
  const [hash = '', size = '', layers = ''] = output.split('|');
  return { hash, sizeBytes: Number(size), layers: layers.split(',') };
}
