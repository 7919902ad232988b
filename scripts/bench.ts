import { join } from 'node:path';
import { bundleBench } from './bench/bundleBench.ts';
import { embeddedBench } from './bench/embeddedBench.ts';
import { evidence } from './bench/evidence.ts';
import { ingest } from './bench/ingest.ts';
import { keyLookup } from './bench/keyLookup.ts';
import { ledger } from './bench/ledger.ts';
import { benchReport } from './bench/report.ts';
import { CHECKOUT } from './lib/checkout.ts';
import { defineCommand } from './lib/command.ts';
import { UsageError } from './lib/commandErrors.ts';
import { countStolenTime } from './lib/stolenTime.ts';
import { writeFileAtomically } from './lib/writeFileAtomically.ts';

const PARTS = [keyLookup, ingest, ledger, evidence];

export const command = defineCommand({
  name: 'bench',
  summary: 'Measure what the product promises, each beside something measured in the same run',
  arguments: { usage: '[PART…]', min: 0, max: PARTS.length },
  details:
    `Parts: ${PARTS.map((part) => part.name).join(', ')}. Runs on an installation of its own, which is gone afterwards; all traffic ` +
    'stays on loopback. It takes about five minutes and wants a quiet machine. Exits 1 where a bound is missed.',
  examples: [
    './stack bench',
    './stack bench ingest',
    './stack bench --write',
    './stack bench --stack --write',
  ],
  flags: {
    stack: { type: 'boolean', summary: 'the Compose bundle instead: start, size, memory, ingest by TLS' },
    fresh: { type: 'boolean', summary: 'with --stack: build every image anew in the end, and time it' },
    write: { type: 'boolean', summary: 'write docs/reference/benchmarks.md, or bundle-benchmarks.md' },
  },
  async run({ flags, args, progress, signal }) {
    const unknown = args.filter((name) => !PARTS.some((part) => part.name === name));
    if (unknown.length > 0)
      throw new UsageError({ what: `no such part: ${unknown.join(', ')}`, next: './stack bench --help' });
    const chosen = args.length > 0 ? PARTS.filter((part) => args.includes(part.name)) : PARTS;
    const stolenTime = countStolenTime();
    const results = flags.stack
      ? await bundleBench({ progress, signal, fresh: flags.fresh })
      : await embeddedBench(chosen, { progress, signal });
    const command = flags.stack ? './stack bench --stack' : './stack bench';
    const stolen = stolenTime();
    const report = await benchReport(results, { command, stolen });
    if (flags.write) {
      const page = flags.stack ? 'bundle-benchmarks.md' : 'benchmarks.md';
      await writeFileAtomically(join(CHECKOUT, 'docs/reference', page), report, { mode: 0o644 });
    }
    const missed = results.flatMap((result) => result.figures.filter((figure) => figure.met === false));
    return {
      data: {
        stolen,
        results: results.map(({ name, figures }) => ({
          name,
          figures: figures.map((figure) => ({ ...figure })),
        })),
      },
      text: report,
      exitCode: missed.length > 0 ? 1 : 0,
    };
  },
});
