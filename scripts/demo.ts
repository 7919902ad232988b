import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Jwks } from '@origin-stack/contract/certificates';
import { collectFiles, type DemoFile } from './demo/collectFiles.ts';
import { explainUnreached } from './demo/explainUnreached.ts';
import { itemOf } from './demo/itemOf.ts';
import { openDemo } from './demo/openDemo.ts';
import { defineCommand } from './lib/command.ts';
import { PreconditionError } from './lib/commandErrors.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';
import { type ProvenItem, proveItem } from './proof/proveItem.ts';
import type { WebhookReceiver } from './proof/webhookReceiver.ts';
import { withWebhook } from './proof/withWebhook.ts';

interface DemoItem extends ProvenItem {
  file: DemoFile;
  /** Where the pack was kept. */
  saved: string | null;
}

export const command = defineCommand({
  name: 'demo',
  summary: 'Decide on real files, and verify everything that comes back',
  arguments: { usage: '[PATH…]', min: 0, max: 1000 },
  details:
    "Takes files or folders, by default the repository's own docs. Each is ingested with an account and a device; certificate, " +
    'evidence pack and webhook are verified with the SDK, and the whole ledger at the end. A file that was shown before is decided on anew.',
  examples: [
    './stack demo',
    './stack demo ~/Pictures --out packs',
    './stack demo --url https://origin.example.com --key-file acme.key',
  ],
  flags: {
    out: { type: 'string', placeholder: 'DIR', summary: 'keep the downloaded packs and the JWKS there' },
    limit: {
      type: 'integer',
      placeholder: 'N',
      default: 25,
      min: 1,
      max: 1000,
      summary: 'files at the most',
    },
    url: {
      type: 'string',
      placeholder: 'URL',
      summary: 'another installation: its public URL; needs --key-file',
    },
    'key-file': { type: 'string', placeholder: 'FILE', summary: 'with --url: the file of an API key there' },
    ca: {
      type: 'string',
      placeholder: 'FILE',
      summary: 'with --url: certificates to trust beside the public ones, PEM',
    },
    'state-dir': stateDirFlag,
  },
  async run({ flags, args, progress, print, json, signal }) {
    const { files, skipped } = await collectFiles(args, flags.limit);
    for (const one of skipped) progress.note(`left out: ${one}`);
    if (files.length === 0)
      throw new PreconditionError({ what: 'there is no file to take', next: './stack demo PATH' });
    const { client, startReceiver } = await openDemo(flags, signal);
    const jwks = await client
      .getJwks()
      .catch((error) => explainUnreached(flags.url ?? 'what runs here', error));
    if (flags.out) await openOut(flags.out, jwks);
    const prove = async (receiver?: WebhookReceiver) => {
      const proven: DemoItem[] = [];
      for (const file of files) {
        signal.throwIfAborted();
        const step = progress.step(file.name);
        const proof = await proveItem({ client, jwks, receiver }, itemOf(file), step);
        const saved = flags.out ? join(flags.out, `${proof.reply.upload_id}.zip`) : null;
        if (saved) await writeFile(saved, proof.pack.zip);
        const item = { file, saved, ...proof };
        step.done(item.reply.decision);
        proven.push(item);
        if (!json) print(describeItem(item));
      }
      return proven;
    };
    const items = startReceiver
      ? await withWebhook(client, prove, { signal, start: startReceiver })
      : await prove();
    const ledger = await client.verifyLedger();
    if (!ledger.valid)
      throw new Error(`the ledger does not verify: event ${ledger.first_bad_sequence}: ${ledger.reason}`);
    const kept = flags.out
      ? `\nverify a pack yourself: ./stack verify-pack ${items[0]?.saved} --jwks ${join(flags.out, 'jwks.json')}`
      : '\nkeep the packs with --out DIR';
    return {
      data: { items: items.map(dataOf), ledger: { ...ledger }, out: flags.out ?? null },
      text: `\n${items.length} files decided; every certificate${startReceiver ? ', pack and webhook' : ' and pack'} verified; ledger of ${ledger.events} events verified${kept}`,
    };
  },
});

async function openOut(out: string, jwks: Jwks): Promise<void> {
  try {
    await mkdir(out, { recursive: true });
    await writeFile(join(out, 'jwks.json'), `${JSON.stringify(jwks, null, 2)}\n`);
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    throw new PreconditionError({ what: `cannot write to ${out}`, why, next: 'name a folder: --out packs' });
  }
}

function describeItem({ file, reply, certificate, pack, webhook, saved }: DemoItem): string {
  return [
    '',
    `${file.name}  (${file.sizeBytes} bytes, ${file.mediaType})`,
    `  decision     ${reply.decision}   risk ${reply.risk_score.toFixed(3)}, anomaly ${reply.anomaly_score.toFixed(3)}`,
    ...reply.reasons.map((reason) => `  because      ${reason.rule} (${reason.input}): ${reason.detail}`),
    `  ledger       event ${reply.ledger.sequence}  ${reply.ledger.event_hash.slice(0, 32)}…`,
    `  certificate  ✓ ${reply.certificate_id}  signed by ${certificate.kid.slice(0, 8)}…`,
    `  pack         ✓ ${pack.id}  ${pack.verdict.checks.length} checks, ${pack.zip.length} bytes`,
    `  webhook      ${webhook ? `✓ ${webhook.eventId}` : 'not asked for: that installation does not reach this machine'}`,
    ...(saved ? [`  saved        ${saved}`] : []),
  ].join('\n');
}

const dataOf = ({ file, reply, certificate, pack, webhook, saved }: DemoItem) => ({
  file: file.name,
  saved,
  ...reply,
  signed_by: certificate.kid,
  pack_id: pack.id,
  pack_checks: pack.verdict.checks.map((check) => ({ ...check })),
  webhook_event_id: webhook?.eventId ?? null,
});
