import { readFile } from 'node:fs/promises';
import { type PublicJwks, verifyPack } from '@origin-stack/sdk';
import { ps256Keys } from '@origin-stack/sdk/jwk';
import { defineCommand } from './lib/command.ts';
import { CommandError, UsageError } from './lib/commandErrors.ts';
import { unreadable } from './lib/unreadable.ts';

const NOT_CHECKED = 3;
const NEXT_JWKS = 'curl https://YOUR-HOST/.well-known/jwks.json -o jwks.json';

export const command = defineCommand({
  name: 'verify-pack',
  summary: 'Verify an evidence pack offline, trusting no key that it brought',
  arguments: { usage: 'FILE', min: 1, max: 1 },
  details:
    'Needs no server. Decides again from the inputs, policy and models in the pack, and compares. Pin the signer with --jwks (the keys, fetched from /.well-known/jwks.json by a way you trust) or with ' +
    '--kid (the thumbprint of a key, several times after a key rotation); with both, a key must be in both. Without either it says ' +
    '"consistent, signer not checked" and exits 3. Exits 1 where the pack does not verify.',
  examples: [
    './stack verify-pack pack.zip --jwks jwks.json',
    './stack verify-pack pack.zip --kid THUMBPRINT',
  ],
  flags: {
    jwks: { type: 'string', placeholder: 'FILE', summary: 'the keys to trust' },
    kid: {
      type: 'string',
      placeholder: 'THUMBPRINT',
      multiple: true,
      summary: 'the thumbprint of a key to trust',
    },
  },
  async run({ flags, args: [file = ''] }) {
    const zip = await readFile(file).catch((error: NodeJS.ErrnoException) => {
      throw unreadable(file, error, 'name the pack as it was downloaded: ./stack verify-pack pack.zip');
    });
    const jwks = flags.jwks === undefined ? undefined : await readJwks(flags.jwks);
    // Both where both are given: a pin that is dropped would trust more than was asked.
    const kid = flags.kid.length > 0 ? flags.kid : undefined;
    const verdict = await verifyPack({ zip, jwks, kid });
    const lines = verdict.checks.map(
      ({ name, ok, detail }) => `${ok ? '✓' : '✗'} ${name.replaceAll('_', ' ')}: ${detail}`,
    );
    if (verdict.notCovered.length > 0) {
      const names = verdict.notCovered.map((name) => name.replaceAll('_', ' ')).join(', ');
      lines.push(`– not covered by a certificate of version 1: ${names}`);
    }
    const word = !verdict.ok
      ? 'NOT VALID'
      : verdict.signerChecked
        ? 'valid'
        : 'consistent, signer not checked';
    return {
      data: { file, verdict: word, ...structuredClone(verdict) },
      text: [...lines, '', word].join('\n'),
      exitCode: !verdict.ok ? 1 : verdict.signerChecked ? 0 : NOT_CHECKED,
    };
  },
});

/** Reads a JWKS as RFC 7517 has it: other keys and members may be in it, one key that verifies PS256 must. */
async function readJwks(file: string): Promise<PublicJwks> {
  const refuse = (why: string) =>
    new UsageError({
      what: `${file} is not a JWKS of signing keys`,
      why,
      next: NEXT_JWKS,
    });
  let jwks: PublicJwks;
  try {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw unreadable(file, error, NEXT_JWKS);
    });
    // Some editors write a byte order mark.
    jwks = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw refuse((error as Error).message.slice(0, 200));
  }
  try {
    if (ps256Keys(jwks).length > 0) return jwks;
  } catch (error) {
    throw refuse((error as Error).message);
  }
  throw refuse('it holds no RSA key of 2048 to 4096 bits, with a kid, that verifies PS256');
}
