import { requireEngine } from './engine/requireEngine.ts';
import { type BuiltImage, buildImages } from './images/buildImages.ts';
import { imageList } from './images/imageList.ts';
import { type ImageChoice, planImages } from './images/lookAtImages.ts';
import { defineCommand } from './lib/command.ts';
import { UsageError } from './lib/commandErrors.ts';

export const command = defineCommand({
  name: 'images',
  summary: "Build the bundle's container images, as far as they are not there",
  details:
    'Every image is made here from Debian packages, npm, PyPI and Go modules. One whose inputs have not changed is used again.\n' +
    'The output of each build is in .stack/build.',
  examples: [
    './stack images',
    './stack images --dry-run',
    './stack images --only postgres --only redis',
    './stack images --all',
    './stack images --fresh --json',
  ],
  flags: {
    only: {
      type: 'string',
      placeholder: 'NAME',
      multiple: true,
      summary: 'this image and what it is made from; may be given again',
    },
    all: {
      type: 'boolean',
      summary: 'also what a command builds when it is first used: k6 for ./stack load',
    },
    jobs: {
      type: 'integer',
      placeholder: 'N',
      default: 2,
      min: 1,
      max: 16,
      summary: 'how many are built at once',
    },
    fresh: { type: 'boolean', summary: 'build also what is there, with the newest packages' },
  },
  looksItself: true,
  async plan({ flags, signal }) {
    const choice = choiceOf(flags);
    await requireEngine(signal);
    return await planImages(choice);
  },
  async run({ flags, progress, signal }) {
    const choice = choiceOf(flags);
    await requireEngine(signal);
    const images = await buildImages({ ...choice, jobs: flags.jobs, progress, signal });
    return { data: { images }, text: table(images) };
  },
});

function choiceOf(flags: { only: string[]; all: boolean; fresh: boolean }): ImageChoice {
  const unknown = flags.only.find((name) => !imageList.some((image) => image.name === name));
  if (unknown !== undefined) {
    const known = imageList.map(({ name }) => name).join(', ');
    throw new UsageError({
      what: `there is no image ${unknown}`,
      why: `there are ${known}`,
      next: './stack images',
    });
  }
  return {
    ...(flags.only.length > 0 ? { names: flags.only } : {}),
    all: flags.all,
    fresh: flags.fresh,
  };
}

function table(images: BuiltImage[]): string {
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`.padStart(8);
  const lines = images.map(
    ({ name, sizeBytes, ownBytes, result, seconds }) =>
      `${name.padEnd(14)}${megabytes(sizeBytes)}${megabytes(ownBytes)}  ${result}${seconds > 0 ? ` in ${seconds} s` : ''}`,
  );
  return [`${'image'.padEnd(14)}${'size'.padStart(8)}${'own'.padStart(8)}`, ...lines].join('\n');
}
