import { relative } from 'node:path';
import { alignColumns } from '../lib/alignColumns.ts';
import type { Json } from '../lib/command.ts';
import { daysLeft } from './certificateFacts.ts';
import type { Monitored } from './monitorCertificates.ts';
import { gaugeOf, STATUSES, statusOf, type Watched } from './watched.ts';

const HEAD = ['PATH', 'CN', 'STATUS', 'DAYS', 'VALID TO', 'ISSUER', 'PROBLEM'];

/** For people: a row for each certificate, and below what to type for each problem. */
export function monitorText({ certificates, nowMs, notAsked }: Monitored, root: string): string {
  const rows = certificates.map((watched) => rowOf(watched, nowMs, root));
  const problems = certificates.flatMap((watched) =>
    watched.problems.map(({ what, next }) => `${shortPath(watched, root)}: ${what}\n  next: ${next}`),
  );
  const unasked = `${notAsked}: these are the files alone, and no listener was asked what it serves`;
  return [
    ...(notAsked === undefined ? [] : [unasked, '']),
    ...alignColumns([HEAD, ...rows]),
    '',
    ...problems,
    countsOf(certificates),
  ].join('\n');
}

function rowOf(watched: Watched, nowMs: number, root: string): string[] {
  const { facts, note, problems } = watched;
  return [
    shortPath(watched, root),
    facts?.cn ?? '-',
    statusOf(watched),
    facts ? String(Math.floor(daysLeft(facts, nowMs))) : '-',
    facts ? new Date(facts.notAfterMs).toISOString().slice(0, 10) : '-',
    facts?.issuer ?? '-',
    problems[0]?.what ?? note ?? '',
  ];
}

/** Below the bundle's own folder as it is typed there. */
const shortPath = ({ path }: Watched, root: string): string =>
  path.startsWith(`${root}/`) ? relative(root, path) : path;

/** `35 certificates: 33 ok, 2 critical`. */
function countsOf(certificates: Watched[]): string {
  const counts = Map.groupBy(certificates, statusOf);
  const parts = STATUSES.filter((status) => counts.has(status)).map(
    (status) => `${counts.get(status)?.length} ${status}`,
  );
  return `${certificates.length} certificates: ${parts.join(', ')}`;
}

/** For programs. */
export function monitorData({ certificates, nowMs, notAsked }: Monitored): { [key: string]: Json } {
  return {
    listeners_asked: notAsked === undefined,
    not_asked_because: notAsked ?? null,
    certificates: certificates.map((watched) => {
      const { path, facts, note, problems, served } = watched;
      const status = statusOf(watched);
      const time = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());
      return {
        path,
        status,
        gauge: gaugeOf(status),
        cn: facts?.cn ?? null,
        issuer: facts?.issuer ?? null,
        serial: facts?.serial ?? null,
        fingerprint: facts?.fingerprint ?? null,
        not_before: time(facts?.notBeforeMs),
        not_after: time(facts?.notAfterMs),
        days_left: facts ? daysLeft(facts, nowMs) : null,
        note: note ?? null,
        problems: problems.map(({ status: severity, what, next }) => ({ severity, what, next })),
        ...(served ? { file: served.file, served_differs: served.differs } : {}),
      };
    }),
  };
}
