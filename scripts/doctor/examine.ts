import { isOneOff } from '../audit/inspected.ts';
import { withRunLock } from '../lib/runLock.ts';
import type { DoctorCheck, DoctorContext, Issue, Needs } from './doctorCheck.ts';

/** What one check found. */
export interface Finding {
  check: string;
  rule: string;
  result: 'well' | 'issue' | 'skipped';
  /** Why it was skipped. */
  reason?: string;
  issues: (Omit<Issue, 'mend'> & { isFixable: boolean; fixed?: boolean })[];
}

/** Runs checks one after the other. With `fix` it mends what is safe to mend, and looks again. */
export async function examine(
  checks: readonly DoctorCheck[],
  context: DoctorContext,
  { fix = false }: { fix?: boolean } = {},
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of checks) {
    context.signal.throwIfAborted();
    findings.push(await examineOne(check, context, fix));
  }
  return findings;
}

async function examineOne(check: DoctorCheck, context: DoctorContext, fix: boolean): Promise<Finding> {
  const { name, rule } = check;
  const reason =
    missing(check.needs, context) ??
    (check.readsSecrets && !context.host.isRoot
      ? 'this user may not read secrets: sudo ./stack doctor'
      : undefined);
  if (reason !== undefined) return { check: name, rule, result: 'skipped', reason, issues: [] };
  let issues = await detect(check, context);
  const mendable = issues.filter(({ mend }) => mend !== undefined);
  const fixed: Issue[] = [];
  if (fix && mendable.length > 0) {
    await withRunLock(context.dir.lockFile, './stack doctor --fix', async () => {
      for (const issue of mendable) await issue.mend?.();
    });
    const left = await detect(check, context);
    fixed.push(...mendable.filter(({ what }) => !left.some((one) => one.what === what)));
    issues = left;
  }
  const shown = [
    ...issues.map((issue) => describe(issue)),
    ...fixed.map((issue) => ({ ...describe(issue), fixed: true })),
  ];
  return { check: name, rule, result: shown.length > 0 ? 'issue' : 'well', issues: shown };
}

/** A check that fails by itself has found something too: it is never passed over. */
async function detect(check: DoctorCheck, context: DoctorContext): Promise<Issue[]> {
  try {
    return await check.detect(context);
  } catch (thrown) {
    context.signal.throwIfAborted();
    const words = thrown instanceof Error ? thrown.message : String(thrown);
    return [
      {
        severity: 'error',
        what: `the check could not look: ${words}`,
        fix: `./stack doctor --only ${check.name}`,
      },
    ];
  }
}

const describe = ({ severity, what, fix, mend }: Issue) => ({
  severity,
  what,
  fix,
  isFixable: mend !== undefined,
});

/** Why a check cannot look, or undefined. */
function missing(needs: Needs, { engine, settings, containers }: DoctorContext): string | undefined {
  if (needs === 'host') return undefined;
  if (needs === 'settings') return settings ? undefined : 'there is no bundle yet';
  if (!engine) return 'no engine answers';
  if (needs === 'engine') return undefined;
  return containers.some((one) => !isOneOff(one)) ? undefined : 'not running';
}
