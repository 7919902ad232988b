import type { BundleDir } from '../bundle/bundleDir.ts';
import { PreconditionError } from '../lib/commandErrors.ts';
import { examine } from './examine.ts';
import { openContext } from './openContext.ts';
import { doctorChecks } from './registry.ts';

/** That containers are not well is what is to be explained. */
const SYMPTOMS = ['containers', 'drift'];

/**
 * Does the work; where containers do not become well, has the doctor look, and throws the same with what the doctor found
 * wrong, each with what to type.
 */
export async function nameCause<T>(dir: BundleDir, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PreconditionError) || signal.aborted) throw error;
    const checks = doctorChecks.filter(({ name }) => !SYMPTOMS.includes(name));
    const findings = await examine(checks, await openContext(dir, signal));
    const causes = findings.flatMap(({ issues }) => issues).filter(({ severity }) => severity === 'error');
    const [first] = causes;
    if (!first) throw error;
    const named = causes.map(({ what, fix }) => `the doctor finds: ${what}; ${fix}`);
    throw new PreconditionError({
      what: error.message,
      why: [error.why, ...named].filter(Boolean).join('\n'),
      next: first.fix,
    });
  }
}
