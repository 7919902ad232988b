import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@origin-stack/core/infra/embedded/freePort';
import { evidence } from './bench/evidence.ts';
import { ingest } from './bench/ingest.ts';
import { keyLookup } from './bench/keyLookup.ts';
import { ledger } from './bench/ledger.ts';
import { type BenchResult, benchReport } from './bench/report.ts';
import { detachSupervisor } from './embedded/detach.ts';
import { findTenant } from './embedded/findTenant.ts';
import { installationKey } from './embedded/installationTenant.ts';
import { openOperator } from './embedded/operator.ts';
import { findRunning } from './embedded/runState.ts';
import { locateStateDir } from './embedded/stateDir.ts';
import { stopSupervisor } from './embedded/stopSupervisor.ts';
import { defineCommand } from './lib/command.ts';
import { UsageError } from './lib/commandErrors.ts';
import { writeFileAtomically } from './lib/writeFileAtomically.ts';
import { CHECKOUT } from './suites/runProgram.ts';

const PARTS = [keyLookup, ingest, ledger, evidence];
const START_DEADLINE_MS = 120_000;

export const command = defineCommand({
  name: 'bench',
  summary: 'Measure what the product promises, each beside something measured in the same run',
  arguments: { usage: '[PART…]', min: 0, max: PARTS.length },
  details:
    `Parts: ${PARTS.map((part) => part.name).join(', ')}. Runs on an installation of its own, which is gone afterwards; all traffic ` +
    'stays on loopback. It takes about four minutes and wants a quiet machine. Exits 1 where a bound is missed.',
  examples: ['./stack bench', './stack bench ingest', './stack bench --write'],
  flags: { write: { type: 'boolean', summary: 'write docs/reference/benchmarks.md' } },
  async run({ flags, args, progress, signal }) {
    const unknown = args.filter((name) => !PARTS.some((part) => part.name === name));
    if (unknown.length > 0)
      throw new UsageError({ what: `no such part: ${unknown.join(', ')}`, next: './stack bench --help' });
    const chosen = args.length > 0 ? PARTS.filter((part) => args.includes(part.name)) : PARTS;
    const root = join(CHECKOUT, '.stack', 'bench');
    const dir = locateStateDir(root);
    await stopSupervisor(dir);
    await rm(root, { recursive: true, force: true });
    const ports = await Promise.all([freePort(), freePort(), freePort()]);
    const [port = 0, internal = 0, worker = 0] = ports;
    const argv = ['up', '--embedded', '--state-dir', root, '--port', String(port)];
    argv.push('--internal-port', String(internal), '--worker-port', String(worker));
    const results: BenchResult[] = [];
    try {
      const starting = progress.step('starting an installation to measure');
      await detachSupervisor({ dir, argv, deadlineMs: START_DEADLINE_MS, signal });
      starting.done();
      await using operator = await openOperator(root);
      const apiKey = await installationKey(operator, 'bench', root);
      const { id: tenantId } = await findTenant(operator, 'bench');
      const state = await findRunning(dir);
      const pids = Object.fromEntries(
        (state?.services ?? []).map(({ name, process }) => [name, process?.pid ?? 0]),
      );
      for (const part of chosen) {
        signal.throwIfAborted();
        const step = progress.step(part.title);
        const url = operator.apiUrl;
        results.push({
          ...part,
          figures: await part.run({ dir, operator, url, apiKey, tenantId, pids, step }),
        });
        step.done();
      }
    } finally {
      await stopSupervisor(dir);
      await rm(root, { recursive: true, force: true });
    }
    const report = await benchReport(results);
    if (flags.write) {
      await writeFileAtomically(join(CHECKOUT, 'docs/reference/benchmarks.md'), report, { mode: 0o644 });
    }
    const missed = results.flatMap((result) => result.figures.filter((figure) => figure.met === false));
    return {
      data: {
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
