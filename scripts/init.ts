import { locateBundle } from './bundle/bundleDir.ts';
import { bundleDirFlag } from './bundle/bundleDirFlag.ts';
import { initBundle } from './bundle/initBundle.ts';
import { choicesOf, initFlags } from './bundle/initFlags.ts';
import { defineCommand } from './lib/command.ts';

export const command = defineCommand({
  name: 'init',
  summary: 'Make the secrets, certificates and settings of the Compose bundle',
  details:
    'Each secret is random, in a 0400 file below secrets/, owned by the one container that reads it, and never printed. What is ' +
    'there stays as it is; only what a flag names changes. `./stack up` does this by itself.',
  examples: [
    './stack init',
    './stack init --url https://origin.example.com --bind 0.0.0.0 --cert chain.pem --key key.pem',
  ],
  flags: { ...initFlags, 'state-dir': bundleDirFlag },
  async run({ flags }) {
    const dir = locateBundle(flags['state-dir']);
    const { settings, made, certificate } = await initBundle(dir, choicesOf(flags));
    const vouched = certificate.isSelfSigned ? 'self-signed: callers must be told to trust it' : 'yours';
    return {
      data: { settings: { ...settings }, made: made.length, certificate: { ...certificate } },
      text: [
        made.length > 0
          ? `${made.length} secret files made in ${dir.secrets}`
          : 'every secret is there already',
        `public URL    ${settings.ORIGIN_PUBLIC_URL} on ${settings.ORIGIN_BIND}`,
        `certificate   ${vouched}; valid to ${certificate.notAfter.slice(0, 10)}`,
        `              SHA-256 ${certificate.fingerprint}`,
        'next:         ./stack up, or docker compose -f compose/compose.yml up -d',
      ].join('\n'),
    };
  },
});
