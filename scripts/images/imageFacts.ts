import { runTool } from '../engine/runTool.ts';
import { INPUTS_LABEL } from './buildImage.ts';

/** An image that the engine has: the hash it was built from, its size, and its layers, the lowest first. */
export type ImageFacts = { hash: string; sizeBytes: number; layers: string[] };

/** An image of ours that the engine has, by whatever name. */
export type BuiltImageFacts = { id: string; hash: string; references: string[] };

/** Every image that was built with a label of its inputs. */
export async function readBuiltImages(): Promise<BuiltImageFacts[]> {
  const filter = `label=${INPUTS_LABEL}`;
  const listed = await runTool('docker', ['image', 'ls', '--quiet', '--no-trunc', '--filter', filter]);
  const ids = [...new Set(listed.output.split('\n').filter((line) => line.startsWith('sha256:')))];
  if (listed.code !== 0 || ids.length === 0) return [];
  const format = `{{.Id}}|{{index .Config.Labels "${INPUTS_LABEL}"}}|{{json .RepoTags}}`;
  // One that went away in between is named on a line of its own.
  const { output } = await runTool('docker', ['image', 'inspect', '--format', format, ...ids]);
  const lines = output.split('\n').filter((line) => line.startsWith('sha256:'));
  return lines.map((line) => {
    const [id = '', hash = '', names = '[]'] = line.split('|');
    return { id, hash, references: JSON.parse(names) as string[] };
  });
}

/** What the engine knows of an image; undefined when it has none by that name. */
export async function readImage(reference: string): Promise<ImageFacts | undefined> {
  const format = `{{index .Config.Labels "${INPUTS_LABEL}"}}|{{.Size}}|{{join .RootFS.Layers ","}}`;
  const { code, output } = await runTool('docker', ['image', 'inspect', '--format', format, reference]);
  if (code !== 0) return undefined;
  const [hash = '', size = '', layers = ''] = output.split('|');
  return { hash, sizeBytes: Number(size), layers: layers.split(',') };
}
