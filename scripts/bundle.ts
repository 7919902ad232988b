import { basename } from 'node:path';
import { productVersion } from '@origin-stack/core/infra/productVersion';
import { folderName, planBundle, writeBundle } from './bundle/offline/writeBundle.ts';
import { requireEngine } from './engine/requireEngine.ts';
import { defineCommand } from './lib/command.ts';

export const command = defineCommand({
  name: 'bundle',
  summary: 'Write one archive that installs the bundle on a host without a network',
  details:
    'It holds every image, the checkout with its dependencies and Node, SHA-256 sums, and the list of what the images hold ' +
    '(CycloneDX). The other host needs a Docker engine with Compose and tar: unpack it, and in its folder type ./stack up --bundle FILE.',
  examples: ['./stack bundle', './stack bundle --dry-run', './stack bundle --out origin-stack.tar'],
  flags: {
    out: {
      type: 'string',
      placeholder: 'FILE',
      default: `origin-stack-${productVersion}.tar`,
      summary: 'the archive; FILE.sha256 is written beside it',
    },
  },
  async plan({ flags, signal }) {
    await requireEngine(signal);
    return await planBundle(flags.out);
  },
  looksItself: true,
  async run({ flags, progress, signal }) {
    await requireEngine(signal);
    const written = await writeBundle(flags.out, { progress, signal });
    const { file, sizeBytes, sha256, images } = written;
    return {
      data: { ...written },
      text: [
        `${file}  ${(sizeBytes / 1e6).toFixed(0)} MB, ${images.length} images`,
        `SHA-256 ${sha256}`,
        'on the other host:',
        `  tar -xf ${basename(file)} && cd ${folderName} && ./stack up --bundle ../${basename(file)}`,
      ].join('\n'),
    };
  },
});
