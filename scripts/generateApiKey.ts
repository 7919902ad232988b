import { locateBundle } from './bundle/bundleDir.ts';
import { lockOfBundle } from './bundle/findBundle.ts';
import { chosenServices } from './bundle/keys/changeKeys.ts';
import { generateKeys, servicesWithoutKey } from './bundle/keys/generateKeys.ts';
import { placeOf } from './bundle/keys/serviceKeys.ts';
import { defineCommand } from './lib/command.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';

export const command = defineCommand({
  name: 'generate-api-key',
  summary: "Make the key of each caller of the bundle's internal interfaces that has none",
  details:
    'A key is a file, 0400, of the one who reads it; API and worker hold its digest. A key that is there stays: ' +
    './stack rotate-api-key changes it. ./stack init makes all of them at the first start, so this is for one that was lost. ' +
    'Keys of tenants are another matter: ./stack key.',
  examples: [
    'scripts/generate-api-key',
    './stack generate-api-key --service prometheus',
    './stack generate-api-key --dry-run',
  ],
  flags: {
    service: {
      type: 'string',
      placeholder: 'NAME',
      summary: 'one service; all that have no key unless named',
    },
    'state-dir': stateDirFlag,
  },
  lock: ({ flags }) => lockOfBundle(flags['state-dir']),
  async plan({ flags }) {
    const services = chosenServices(flags.service);
    const missing = await servicesWithoutKey(locateBundle(flags['state-dir']), services);
    return {
      summary: missing.length > 0 ? 'would make keys' : `${services.join(', ')}: each has its key`,
      steps: missing.map((service) => ({
        action: `make ${placeOf(service)} and list its digest for API and worker`,
        service,
      })),
    };
  },
  async run({ flags }) {
    const made = await generateKeys(locateBundle(flags['state-dir']), chosenServices(flags.service));
    const lines = made.map(({ service, keyPrefix }) => `${service}: ${keyPrefix}… in ${placeOf(service)}`);
    return {
      data: {
        made: made.map(({ service, keyPrefix, fingerprint }) => ({
          service,
          key_prefix: keyPrefix,
          fingerprint,
          file: placeOf(service),
        })),
      },
      text: [
        ...lines,
        '',
        'Each counts at once; nothing needs a restart. audit/api-keys.log says who made it.',
      ].join('\n'),
    };
  },
});
