import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bundleKey } from './bundle/bundleClient.ts';
import type { BundleDir } from './bundle/bundleDir.ts';
import { requireBundle } from './bundle/bundleSettings.ts';
import { findBundle, requireBundleHere } from './bundle/findBundle.ts';
import { realTenants, tenantsInWords } from './bundle/realTenants.ts';
import { requireWell } from './bundle/requireWell.ts';
import { buildImages } from './images/buildImages.ts';
import { defineCommand, type Json } from './lib/command.ts';
import { PreconditionError } from './lib/commandErrors.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';
import { loadPage } from './load/loadPage.ts';
import { crossedIn, loadReport } from './load/loadReport.ts';
import { loadText } from './load/loadText.ts';
import { planLoad } from './load/planLoad.ts';
import { type LoadProfile, profileOf } from './load/profiles.ts';
import { openReports, reportFiles, writeReports } from './load/reportFiles.ts';
import { runK6 } from './load/runK6.ts';

export const command = defineCommand({
  name: 'load',
  summary: 'Send requests through nginx at a set rate, and judge how they were answered',
  arguments: { usage: 'smoke | steady', min: 1, max: 1 },
  details: [
    'smoke sends every kind of request about once a second; steady sends ingests at a set rate for two minutes, and reads.',
    'k6 runs in a container of the bundle, with the key of a tenant of its own (load). Thresholds are the verdict: failed and',
    'dropped requests, wrong replies, P95 by scenario. Exits 1 where one is crossed. See docs/load.md.',
  ].join('\n'),
  examples: [
    './stack load smoke',
    './stack load steady',
    './stack load steady --rate 60 --duration 300',
    './stack load smoke --report smoke.html --json',
  ],
  flags: {
    rate: {
      type: 'integer',
      placeholder: 'N',
      min: 1,
      max: 2000,
      summary: 'steady: ingests a second (default 40)',
    },
    duration: {
      type: 'integer',
      placeholder: 'S',
      min: 5,
      max: 3600,
      summary: 'seconds (default: smoke 25, steady 120)',
    },
    report: {
      type: 'string',
      placeholder: 'FILE',
      summary: 'the report in HTML, the JSON beside it (default: reports/ of the state)',
    },
    'state-dir': stateDirFlag,
  },
  destroys: 'tenants of your own wait longer while it runs; it is asked for only where there are any',
  async asks({ flags, args, signal }) {
    profileOf(args[0], flags);
    const dir = await requireHere(flags['state-dir']);
    await requireWell(dir);
    const names = await realTenants(dir, signal);
    return names.length === 0
      ? undefined
      : `${tenantsInWords(names)} would wait longer while it runs: load takes real capacity`;
  },
  // Two loads would measure each other. Whatever else changes a bundle may go on under load.
  async lock({ flags }) {
    const dir = await findBundle(flags['state-dir']);
    return dir && join(dirname(dir.lockFile), 'load.lock');
  },
  looksItself: true,
  async plan({ flags, args }) {
    const profile = profileOf(args[0], flags);
    const dir = await requireHere(flags['state-dir']);
    const settings = await requireBundle(dir);
    return await planLoad(dir, { settings, profile, files: filesOf(dir, profile, flags.report) });
  },
  async run({ flags, args, progress, signal }) {
    const profile = profileOf(args[0], flags);
    const dir = await requireHere(flags['state-dir']);
    const settings = await requireWell(dir);
    requireDialable(settings.ORIGIN_PUBLIC_NAME);
    const files = filesOf(dir, profile, flags.report);
    await openReports(files);
    await buildImages({ names: ['k6'], progress, signal });
    const key = await bundleKey(dir, 'load', signal);
    const certificates = await readFile(join(dir.secrets, 'operator', 'public.crt'), 'utf8');
    const step = progress.step(`load: ${profile.name}, ${profile.durationSeconds} s`);
    const beganAt = new Date();
    const run = await runK6(dir, { settings, profile, key, certificates, step, signal }).catch((error) => {
      step.fail(signal.aborted ? 'stopped, its container is gone' : undefined);
      throw error;
    });
    const report = loadReport(run, { profile, url: settings.ORIGIN_PUBLIC_URL, beganAt });
    if (report.passed) step.done();
    else step.fail(`crossed: ${crossedIn(report).length} of ${report.thresholds.length} thresholds`);
    await writeReports(files, loadPage(report), report);
    const { metrics: _metrics, timeline: _timeline, ...data } = report;
    return {
      data: { ...data, files } as unknown as Json,
      text: loadText(report, files),
      exitCode: report.passed ? 0 : 1,
    };
  },
});

const filesOf = (dir: BundleDir, { name }: LoadProfile, named: string | undefined) =>
  reportFiles(dir, { name: `load-${name}`, at: new Date(), named });

const requireHere = (stateRoot: string | undefined) =>
  requireBundleHere(stateRoot, 'load goes through nginx with TLS, which the embedded default does not have');

/** k6 is told where nginx is by name or by IPv4 address; it takes no other. */
function requireDialable(name: string): void {
  if (!name.includes(':')) return;
  throw new PreconditionError({
    what: `load cannot be sent to ${name}`,
    why: 'k6 maps names and IPv4 addresses to where nginx is, and no IPv6 address',
    next: './stack up --url https://NAME',
  });
}
