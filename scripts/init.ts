import { relative } from 'node:path';
import { locateBundle } from './bundle/bundleDir.ts';
import { certificateNotes } from './bundle/bundleReceipt.ts';
import { composeArgv, engineAnswers } from './bundle/compose.ts';
import { initBundle } from './bundle/initBundle.ts';
import { choicesOf, initFlags } from './bundle/initFlags.ts';
import { planInit } from './bundle/planInit.ts';
import { planPreparation } from './bundle/planPreparation.ts';
import { prepareBundle } from './bundle/prepareBundle.ts';
import { CHECKOUT } from './lib/checkout.ts';
import { defineCommand } from './lib/command.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';

export const command = defineCommand({
  name: 'init',
  summary: 'Make the secrets, certificates and settings of the Compose bundle',
  details:
    'Each secret is random, in a 0400 file below secrets/, owned by the one container that reads it, and never printed. What is ' +
    'there stays as it is; only what a flag names changes. Where an engine answers it builds the images too, so that Compose by ' +
    'hand finds them. `./stack up` does this by itself.',
  examples: [
    './stack init',
    './stack init --dry-run',
    './stack init --url https://origin.example.com --bind 0.0.0.0 --cert chain.pem --key key.pem',
  ],
  flags: { ...initFlags, 'state-dir': stateDirFlag },
  lock: async ({ flags }) => locateBundle(flags['state-dir']).lockFile,
  looksItself: true,
  async plan({ flags }) {
    const dir = locateBundle(flags['state-dir']);
    const choices = choicesOf(flags);
    const { steps } = (await engineAnswers())
      ? await planPreparation(dir, { choices })
      : await planInit(dir, choices, { canLook: true });
    const would = `would make; settings lie in ${dir.envFile}`;
    return { summary: steps.length > 0 ? would : 'settings, secrets and images are there', steps };
  },
  async run({ flags, progress, signal }) {
    const dir = locateBundle(flags['state-dir']);
    const choices = choicesOf(flags);
    const { settings, made, certificate } = (await engineAnswers())
      ? await prepareBundle(dir, { choices, progress, signal })
      : await initBundle(dir, choices);
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
        ...certificateNotes(certificate).map((note) => `              ${note}`),
        `next:         ./stack up, or docker ${handTyped(composeArgv(dir, 'up', '-d'))}`,
      ].join('\n'),
    };
  },
});

/** As short as it can be typed: Compose finds a plain checkout's settings by itself. */
const handTyped = (argv: string[]) =>
  argv
    .map((part) => (part.startsWith(`${CHECKOUT}/`) ? relative(process.cwd(), part) : part))
    .join(' ')
    .replace(/--env-file compose\/\.env (?!--env-file)/, '')
    .replaceAll('--file ', '-f ');
