import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OriginClient } from '@origin-stack/sdk';
import { collectFiles, type DemoFile } from './demo/collectFiles.ts';
import { itemOf } from './demo/itemOf.ts';
import { installationKey } from './embedded/installationTenant.ts';
import { openOperator } from './embedded/operator.ts';
import { defineCommand } from './lib/command.ts';
import { PreconditionError } from './lib/commandErrors.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';
import { type ProvenItem, proveItem } from './proof/proveItem.ts';
import { withWebhook } from './proof/withWebhook.ts';

interface DemoItem extends ProvenItem {
  file: DemoFile;
}

export const command = defineCommand({
  name: 'demo',
  summary: 'Decide on real files, and verify everything that comes back',
  arguments: { usage: '[PATH…]', min: 0, max: 1000 },
  details:
    "Takes files or folders, by default the repository's own docs. Each is ingested with an account and a device; certificate, " +
    'evidence pack and webhook are verified with the SDK, and the whole ledger at the end. A file that was shown before is decided on anew.',
  examples: ['./stack demo', './stack demo ~/Pictures --out packs', './stack demo report.pdf --json'],
  flags: {
    out: { type: 'string', placeholder: 'DIR', summary: 'keep the downloaded packs and the JWKS there' },
    limit: {
      type: 'integer',
      placeholder: 'N',
      default: 12,
      min: 1,
      max: 1000,
      summary: 'files at the most',
    },
    'state-dir': stateDirFlag,
  },
  async run({ flags, args, progress, print, json, signal }) {
    const files = await collectFiles(args, flags.limit);
    if (files.length === 0)
      throw new PreconditionError({ what: 'there is no file to take', next: './stack demo PATH' });
    await using operator = await openOperator(flags['state-dir']);
    const apiKey = await installationKey(operator, 'demo', flags['state-dir']);
    const client = new OriginClient({ baseUrl: operator.state.urls.api ?? '', apiKey });
    const jwks = await client.getJwks();
    if (flags.out) await mkdir(flags.out, { recursive: true });
    if (flags.out) await writeFile(join(flags.out, 'jwks.json'), `${JSON.stringify(jwks, null, 2)}\n`);
    const items = await withWebhook(client, async (receiver) => {
      const proven: DemoItem[] = [];
      for (const file of files) {
        signal.throwIfAborted();
        const step = progress.step(file.name);
        const item = { file, ...(await proveItem({ client, jwks, receiver }, itemOf(file), step)) };
        step.done(item.reply.decision);
        proven.push(item);
        if (flags.out) await writeFile(join(flags.out, `${item.reply.upload_id}.zip`), item.pack.zip);
        if (!json) print(describeItem(item));
      }
      return proven;
    });
    const ledger = await client.verifyLedger();
    if (!ledger.valid)
      throw new Error(`the ledger does not verify: event ${ledger.first_bad_sequence}: ${ledger.reason}`);
    const kept = flags.out
      ? `\nverify a pack yourself: ./stack verify-pack ${join(flags.out, `${items[0]?.reply.upload_id}.zip`)} --jwks ${join(flags.out, 'jwks.json')}`
      : '\nkeep the packs with --out DIR';
    return {
      data: { items: items.map(dataOf), ledger: { ...ledger }, out: flags.out ?? null },
      text: `\n${items.length} files decided; every certificate, pack and webhook verified; ledger of ${ledger.events} events verified${kept}`,
    };
  },
});

function describeItem({ file, reply, certificate, pack, webhook }: DemoItem): string {
  return [
    '',
    `${file.name}  (${file.sizeBytes} bytes, ${file.mediaType})`,
    `  decision     ${reply.decision}   risk ${reply.risk_score.toFixed(3)}, anomaly ${reply.anomaly_score.toFixed(3)}`,
    ...reply.reasons.map((reason) => `  because      ${reason.rule} (${reason.input}): ${reason.detail}`),
    `  ledger       event ${reply.ledger.sequence}  ${reply.ledger.event_hash.slice(0, 32)}…`,
    `  certificate  ✓ ${reply.certificate_id}  signed by ${certificate.kid.slice(0, 16)}…`,
    `  pack         ✓ ${pack.id}  ${pack.verdict.checks.length} checks, ${pack.zip.length} bytes`,
    `  webhook      ✓ ${webhook.eventId}`,
  ].join('\n');
}

const dataOf = ({ file, reply, certificate, pack, webhook }: DemoItem) => ({
  file: file.name,
  ...reply,
  signed_by: certificate.kid,
  pack_id: pack.id,
  pack_checks: pack.verdict.checks.map((check) => ({ ...check })),
  webhook_event_id: webhook.eventId,
});
