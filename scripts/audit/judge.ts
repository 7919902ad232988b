import type { AuditCheck, AuditContext } from './check.ts';
import { auditChecks } from './checkList.ts';
import { type AuditException, auditExceptions } from './exceptions.ts';
import { type Inspected, serviceOf } from './inspected.ts';

/** What one check found at one container. */
export interface Verdict {
  service: string;
  check: string;
  /** `skipped` where the host cannot have what the check asks for, and where this user may not look. */
  result: 'kept' | 'gap' | 'excepted' | 'skipped';
  faults: string[];
  /** Why the exceptions are right, or why it was skipped. */
  reasons: string[];
}

/** Holds one container against every check. */
export function judge(
  container: Inspected,
  context: AuditContext,
  exceptions: readonly AuditException[] = auditExceptions,
): Verdict[] {
  const service = serviceOf(container);
  return auditChecks.map((check) => verdictOf(check, { container, context, service, exceptions }));
}

function verdictOf(
  check: AuditCheck,
  given: {
    container: Inspected;
    context: AuditContext;
    service: string;
    exceptions: readonly AuditException[];
  },
): Verdict {
  const { container, context, service, exceptions } = given;
  if (check.applies && !check.applies(context)) {
    return { service, check: check.name, result: 'skipped', faults: [], reasons: [] };
  }
  const found = check.faults(container, context, service);
  const allowed = exceptions.filter((one) => one.service === service && one.check === check.name);
  const gaps = found.filter((fault) => !allowed.some((exception) => exception.fault.test(fault)));
  if (gaps.length > 0) return { service, check: check.name, result: 'gap', faults: gaps, reasons: [] };
  const unseen = check.unseen?.(context);
  if (unseen !== undefined) {
    return { service, check: check.name, result: 'skipped', faults: [], reasons: [unseen] };
  }
  const used = allowed.filter((exception) => found.some((fault) => exception.fault.test(fault)));
  return {
    service,
    check: check.name,
    result: used.length > 0 ? 'excepted' : 'kept',
    faults: found,
    reasons: used.map(({ reason }) => reason),
  };
}
