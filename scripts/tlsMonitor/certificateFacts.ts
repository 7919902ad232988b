import type { X509Certificate } from 'node:crypto';
import { printable } from '../lib/printable.ts';
import type { CertificateFacts, Problem } from './watched.ts';

const DAY_MS = 86_400_000;

type Name = Record<string, string | string[] | undefined>;

/** What a certificate says of itself. Whoever made it chose the names: nothing in them can colour a terminal. */
export function factsOf(certificate: X509Certificate): CertificateFacts {
  const { subject, issuer } = certificate.toLegacyObject() as unknown as { subject: Name; issuer: Name };
  const alternative = certificate.subjectAltName?.split(', ')[0]?.replace(/^[^:]+:/, '');
  return {
    cn: printable(shortName(subject) ?? alternative ?? ''),
    issuer: printable(shortName(issuer) ?? ''),
    serial: certificate.serialNumber,
    fingerprint: certificate.fingerprint256,
    notBeforeMs: certificate.validFromDate.getTime(),
    notAfterMs: certificate.validToDate.getTime(),
  };
}

/** The common name; a public authority may have an organisation only, a short-lived certificate neither. */
function shortName({ CN: common, O: organisation }: Name): string | undefined {
  const [name] = [common, organisation].flat().filter(Boolean);
  return name;
}

/**
 * What is wrong with the time that a certificate has left, by the thresholds of the alerts: critical with less than 7 days
 * or a sixth of its life, whichever is shorter, a warning with less than 30 days or a third. So one that lives for 6 days
 * is well in its first four.
 */
export function timeProblem(
  { notBeforeMs, notAfterMs }: CertificateFacts,
  { nowMs, next }: { nowMs: number; next: string },
): Problem | undefined {
  const lifeMs = notAfterMs - notBeforeMs;
  const leftMs = notAfterMs - nowMs;
  const at = (ms: number) => new Date(ms).toISOString().replace(/\.000Z$/, 'Z');
  if (leftMs < 0) return { status: 'expired', what: `it expired at ${at(notAfterMs)}`, next };
  if (nowMs < notBeforeMs)
    return {
      status: 'critical',
      what: `it is not valid before ${at(notBeforeMs)}: its time, or this host's clock, is wrong`,
      next,
    };
  const what = `it ends at ${at(notAfterMs)}`;
  if (leftMs < Math.min(7 * DAY_MS, lifeMs / 6)) return { status: 'critical', what, next };
  if (leftMs < Math.min(30 * DAY_MS, lifeMs / 3)) return { status: 'warning', what, next };
  return undefined;
}

/** Whole days and two figures of what is left, rounded down; negative where it is over. */
export const daysLeft = ({ notAfterMs }: CertificateFacts, nowMs: number): number =>
  Math.floor((notAfterMs - nowMs) / (DAY_MS / 100)) / 100;
