import { type ChaosReport, chaosOutcome, chaosPage, isPassed } from '../chaos-tests/bundle/chaosReport.ts';
import { openHistory } from '../chaos-tests/bundle/openHistory.ts';
import { heal, runChaos } from '../chaos-tests/bundle/runChaos.ts';
import type { Scenario } from '../chaos-tests/bundle/scenario.ts';
import { SCENARIOS } from '../chaos-tests/bundle/scenarios.ts';
import type { BundleDir } from './bundle/bundleDir.ts';
import { requireBundle } from './bundle/bundleSettings.ts';
import { listContainers } from './bundle/containers.ts';
import { lockOfBundle, requireBundleHere } from './bundle/findBundle.ts';
import { realTenants, tenantsInWords } from './bundle/realTenants.ts';
import { requireWell } from './bundle/requireWell.ts';
import { defineCommand } from './lib/command.ts';
import { PreconditionError, UsageError } from './lib/commandErrors.ts';
import type { Progress } from './lib/progress.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';
import { openReports, reportFiles, writeReports } from './load/reportFiles.ts';

export const command = defineCommand({
  name: 'chaos',
  summary: 'Break parts of the bundle under load, and see that nothing acknowledged is lost',
  arguments: { usage: '[SCENARIO…]', min: 0, max: 20 },
  details: [
    'Each scenario loads the bundle as a tenant of its own (chaos), injects a fault, sees the alert fire, heals, waits for the',
    'recovery and reads everything back. Everything is healed first and last, also when this is killed. About a minute each:',
    ...SCENARIOS.map(({ name, sentence }) => `  ${name}: ${sentence}`),
    'Exits 1 where anything does not hold. See docs/chaos.md.',
  ].join('\n'),
  examples: [
    './stack chaos',
    './stack chaos worker-killed redis-killed',
    './stack chaos --heal',
    './stack chaos --installation origin.example.com --deadline 15',
  ],
  flags: {
    heal: { type: 'boolean', summary: 'only take back what a run left that was killed' },
    installation: {
      type: 'string',
      placeholder: 'NAME',
      summary: 'where tenants of yours are served: its public name, typed to confirm',
    },
    deadline: {
      type: 'integer',
      placeholder: 'MINUTES',
      min: 1,
      max: 120,
      summary: 'no scenario begins after that; demanded where tenants of yours are served',
    },
    report: {
      type: 'string',
      placeholder: 'FILE',
      summary: 'the report in HTML, JSON and history beside it (default: reports/ of the state)',
    },
    'state-dir': stateDirFlag,
  },
  lock: ({ flags }) => lockOfBundle(flags['state-dir']),
  looksItself: true,
  async plan({ flags, args }) {
    const dir = await requireHere(flags['state-dir']);
    if (flags.heal) return { summary: 'would heal', steps: [{ action: 'take back what any scenario does' }] };
    const { html } = filesOf(dir, flags.report);
    return {
      summary: 'would break',
      steps: [
        ...chosen(args).map(({ name, sentence }) => ({ action: `${name}: ${sentence}`, scenario: name })),
        { action: `heal everything, and write ${html}` },
      ],
    };
  },
  async run({ flags, args, progress, signal }) {
    requireRoot();
    const dir = await requireHere(flags['state-dir']);
    if (flags.heal) {
      await heal(dir);
      return { data: { healed: true }, text: 'Nothing of a scenario is left.' };
    }
    const scenarios = await possible(dir, chosen(args), { isNamed: args.length > 0, progress });
    await heal(dir);
    const settings = await requireWell(dir);
    await guard(dir, flags, signal);
    const files = filesOf(dir, flags.report);
    await openReports(files);
    const historyFile = files.json.replace(/\.json$/, '.history.jsonl');
    const record = await openHistory(historyFile);
    const beganAt = new Date().toISOString();
    const deadlineMs = performance.now() + (flags.deadline ?? 120) * 60_000;
    const run = await runChaos(dir, scenarios, { progress, signal, deadlineMs, record });
    const report: ChaosReport = {
      passed: isPassed(run),
      url: settings.ORIGIN_PUBLIC_URL,
      version: settings.ORIGIN_TAG_APP ?? '',
      began_at: beganAt,
      ...run,
    };
    await writeReports(files, chaosPage(report), report);
    return chaosOutcome(report, { ...files, history: historyFile });
  },
});

const filesOf = (dir: BundleDir, named: string | undefined) =>
  reportFiles(dir, { name: 'chaos', at: new Date(), named });

function chosen(names: string[]): readonly Scenario[] {
  const unknown = names.find((name) => !SCENARIOS.some((one) => one.name === name));
  if (unknown !== undefined) {
    throw new UsageError({
      what: `there is no scenario ${unknown}`,
      why: `there are ${SCENARIOS.map(({ name }) => name).join(', ')}`,
      next: './stack chaos --help',
    });
  }
  return names.length === 0 ? SCENARIOS : SCENARIOS.filter(({ name }) => names.includes(name));
}

/** Those whose services are here: an overlay may have put somebody else's in their place, which nobody breaks. */
async function possible(
  dir: BundleDir,
  scenarios: readonly Scenario[],
  { isNamed, progress }: { isNamed: boolean; progress: Progress },
): Promise<readonly Scenario[]> {
  const services = (await listContainers(dir)).map(({ service }) => service);
  const isHere = (service: string) => services.length === 0 || services.includes(service);
  const elsewhere = scenarios.filter(({ fault }) => fault.service !== undefined && !isHere(fault.service));
  const names = elsewhere.map(({ name }) => name).join(', ');
  if (!isHere('postgres') || (isNamed && elsewhere.length > 0)) {
    throw new PreconditionError({
      what: isHere('postgres') ? `${names} cannot be` : 'chaos cannot be here',
      why: 'that store is not of this bundle: it is neither broken nor read',
      next: './stack chaos on a test installation without that overlay',
    });
  }
  if (elsewhere.length > 0) progress.note(`left out, since their services are not of this bundle: ${names}`);
  return scenarios.filter((one) => !elsewhere.includes(one));
}

const requireHere = (stateRoot: string | undefined) =>
  requireBundleHere(stateRoot, 'scenarios break containers, which the embedded default does not have');

function requireRoot(): void {
  if (process.getuid?.() === 0) return;
  throw new PreconditionError({
    what: 'this user may not do that',
    why: 'faults kill processes of containers and change secret files, which root alone may',
    next: 'sudo ./stack chaos',
  });
}

interface Confirmation {
  installation: string | undefined;
  deadline: number | undefined;
}

/** Where others are served, somebody says so by name and for how long. */
async function guard(
  dir: BundleDir,
  { installation, deadline }: Confirmation,
  signal: AbortSignal,
): Promise<void> {
  const names = await realTenants(dir, signal);
  const { ORIGIN_PUBLIC_NAME: name } = await requireBundle(dir);
  if (names.length === 0 || (installation === name && deadline !== undefined)) return;
  throw new PreconditionError({
    what: `${tenantsInWords(names)} of ${name} would meet these faults`,
    why: 'type the public name of the installation and how many minutes it may take',
    next: `./stack chaos --installation ${name} --deadline 15`,
  });
}
