import { alignColumns } from '../lib/alignColumns.ts';
import type { Finding } from './examine.ts';

/** A table of every check, then each issue with what to type. */
export function doctorText(findings: Finding[]): string {
  const rows = findings.map((finding) => [finding.check, verdictOf(finding), finding.reason ?? finding.rule]);
  const issues = findings.flatMap(({ check, issues }) => issues.map((issue) => ({ check, ...issue })));
  const count = (severity: string) => issues.filter((one) => one.severity === severity && !one.fixed).length;
  const skipped = findings.filter(({ result }) => result === 'skipped').length;
  const fixed = issues.filter((one) => one.fixed).length;
  const words = issues.flatMap((issue) => [
    `${issue.fixed ? 'fixed' : issue.severity}: ${issue.check}: ${issue.what}`,
    ...(issue.fixed ? [] : [`  ${issue.fix}${issue.isFixable ? '   (or: ./stack doctor --fix)' : ''}`]),
  ]);
  const total = [
    `${findings.length} checks: ${count('error')} errors`,
    `${count('warning')} warnings`,
    ...(fixed > 0 ? [`${fixed} fixed`] : []),
    `${skipped} skipped`,
  ];
  return [
    ...alignColumns([['CHECK', 'RESULT', ''], ...rows]),
    '',
    ...words,
    ...(words.length > 0 ? [''] : []),
    total.join(', '),
  ].join('\n');
}

function verdictOf({ result, issues }: Finding): string {
  if (result !== 'issue') return result;
  const open = issues.filter((issue) => !issue.fixed);
  if (open.length === 0) return 'fixed';
  return open.some(({ severity }) => severity === 'error') ? 'ERROR' : 'warning';
}
