import type { BundleDir } from '../bundle/bundleDir.ts';
import type { BundleSettings } from '../bundle/bundleSettings.ts';
import type { CommandContext, Flags } from '../lib/command.ts';
import { PreconditionError } from '../lib/commandErrors.ts';
import { examine } from './examine.ts';
import { openContext } from './openContext.ts';
import { doctorChecks } from './registry.ts';

/** What must be right before each `up`. */
const ALWAYS = [
  'engine',
  'compose',
  'engine-kind',
  'cgroups',
  'installation',
  'data-mount',
  'mounted-files',
  'proxy',
  'ca-bundle',
  'ports',
  'subnets',
];

/** And before the first, which builds and makes much: later a disk that is nearly full must not keep the product down. */
const AT_FIRST = ['disk', 'inodes'];

/**
 * Runs the doctor's checks that an `up` with these settings depends on, and changes nothing. Warnings are noted. Throws
 * PreconditionError with every error at once, each with what to type.
 */
export async function preflight(
  dir: BundleDir,
  settings: BundleSettings,
  { progress, signal }: Pick<CommandContext<Flags>, 'progress' | 'signal'>,
): Promise<void> {
  const context = await openContext(dir, signal);
  const names = context.settings ? ALWAYS : [...ALWAYS, ...AT_FIRST];
  const checks = doctorChecks.filter(({ name }) => names.includes(name));
  if (checks.length !== names.length) throw new Error(`the doctor has no such checks: ${names.join(', ')}`);
  const findings = await examine(checks, { ...context, settings });
  const issues = findings.flatMap((finding) => finding.issues);
  const errors = issues.filter(({ severity }) => severity === 'error');
  for (const { severity, what, fix } of issues) {
    if (severity === 'warning') progress.note(`warning: ${what}; ${fix}`);
  }
  const [first, ...others] = errors;
  if (!first) return;
  throw new PreconditionError({
    what: first.what,
    why: others.map(({ what, fix }) => `also: ${what}; ${fix}`).join('\n') || undefined,
    next: first.fix,
  });
}
