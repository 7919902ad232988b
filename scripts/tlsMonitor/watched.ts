/** How a certificate is, the worst of all that was found: of its time, and of what keeps it from being believed. */
export type Status = 'ok' | 'warning' | 'critical' | 'expired' | 'unreadable';

/** What is wrong, and what to type. */
export interface Problem {
  status: Exclude<Status, 'ok'>;
  what: string;
  next: string;
}

/** What a certificate says of itself. */
export interface CertificateFacts {
  /** Its common name, or what it has in its place. */
  cn: string;
  issuer: string;
  /** Hexadecimal. */
  serial: string;
  /** SHA-256, hexadecimal with colons. */
  fingerprint: string;
  notBeforeMs: number;
  notAfterMs: number;
}

/** One certificate that was looked at: in a file, or as a listener serves it. */
export interface Watched {
  /** The file, or `host:port`. */
  path: string;
  /** Undefined where there is none that can be read. */
  facts: CertificateFacts | undefined;
  /** What is no problem, and worth a word. */
  note?: string;
  problems: Problem[];
  /** Of the first certificate that a listener serves: the file that it belongs to, and whether it is another one. */
  served?: { file: string; differs: boolean };
}

/** From the best to the worst. */
export const STATUSES: readonly Status[] = ['ok', 'warning', 'critical', 'expired', 'unreadable'];

export const statusOf = ({ problems }: Watched): Status =>
  STATUSES[Math.max(0, ...problems.map(({ status }) => STATUSES.indexOf(status)))] ?? 'ok';

/** Of the metric: 0 ok, 1 warning, 2 critical, 3 expired or unreadable. */
export const gaugeOf = (status: Status): number => Math.min(3, STATUSES.indexOf(status));

/** True where somebody must act now. */
export const isBad = (watched: Watched): boolean => gaugeOf(statusOf(watched)) >= 2;
