import { alignColumns } from '../lib/alignColumns.ts';
import type { Audit } from './auditBundle.ts';
import { auditChecks } from './checkList.ts';
import { cisItems } from './cisItems.ts';
import type { Verdict } from './judge.ts';

const MARK: Record<Verdict['result'], string> = { kept: '.', gap: 'X', excepted: 'e', skipped: '-' };

/** The audit for people: a table of service and check, then every gap, exception and drift in words. */
export function auditText(audit: Audit, options: { cis: boolean }): string {
  const gaps = audit.verdicts.filter(({ result }) => result === 'gap');
  const excepted = audit.verdicts.filter(({ result }) => result === 'excepted');
  return [
    ...matrix(audit),
    '',
    ...legend(),
    '',
    ...section(
      'Gaps',
      gaps.map(({ service, check, faults }) => [service, check, faults.join('; ')]),
    ),
    ...section(
      'Exceptions',
      excepted.map(({ service, check, reasons }) => [service, check, reasons.join('; ')]),
    ),
    ...section('Not looked at', notLookedAt(audit.verdicts)),
    ...section(
      'Drift',
      audit.drift.map(({ subject, difference, fix }) => [subject, difference, fix]),
    ),
    ...(options.cis ? section('CIS Docker Benchmark 1.6.0, section 5', cisRows()) : []),
    summary(audit, gaps.length, excepted.length),
  ].join('\n');
}

/** Services down, checks across; numbers stand for the checks, which the legend names. */
function matrix({ services, verdicts }: Audit): string[] {
  const each = auditChecks.length;
  const width = Math.max(...services.map((service) => service.length));
  const line = (name: string, cells: string[]) =>
    [name.padEnd(width), ...cells.map((cell) => cell.padStart(2))].join(' ');
  return [
    line(
      'SERVICE',
      auditChecks.map((_, index) => String(index + 1)),
    ),
    ...services.map((service, index) =>
      line(
        service,
        verdicts.slice(index * each, (index + 1) * each).map(({ result }) => MARK[result]),
      ),
    ),
  ];
}

function legend(): string[] {
  const rows = auditChecks.map(({ name, cis, rule }, index) => [
    `${String(index + 1).padStart(4)}`,
    name,
    cis.length > 0 ? `CIS ${cis.join(', ')}` : '',
    rule,
  ]);
  return [
    '  .  kept   X  gap   e  exception with a reason   -  not looked at: this host cannot have it, or this user may not',
    ...alignColumns(rows),
  ];
}

function section(title: string, rows: string[][]): string[] {
  if (rows.length === 0) return [];
  return [title, ...alignColumns(rows).map((line) => `  ${line}`), ''];
}

/** The reason is the same for every container. */
function notLookedAt(verdicts: Verdict[]): string[][] {
  const skipped = verdicts.filter(({ result, reasons }) => result === 'skipped' && reasons.length > 0);
  return [...new Map(skipped.map(({ check, reasons }) => [check, [check, reasons.join('; ')]])).values()];
}

const cisRows = (): string[][] =>
  cisItems.map(({ id, title, checks, reason }) => [
    id,
    checks.length > 0 ? 'covered' : 'not applicable',
    checks.join(', '),
    reason ? `${title}: ${reason}` : title,
  ]);

function summary({ services, drift }: Audit, gaps: number, excepted: number): string {
  const checked = `${services.length} containers × ${auditChecks.length} checks`;
  const found = [`${gaps} gaps`, `${excepted} exceptions with a reason`, `${drift.length} drifts`];
  return `${checked}: ${found.join(', ')}`;
}
