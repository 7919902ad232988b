import { daysLeft } from './certificateFacts.ts';
import { gaugeOf, statusOf, type Watched } from './watched.ts';

type Labels = Record<string, string>;

interface Sample {
  labels: Labels;
  value: number;
}

interface Family {
  name: string;
  help: string;
  /** Of each certificate; nothing is made up where it cannot be said. */
  sample(watched: Watched, nowMs: number): Sample | undefined;
}

const labelsOf = ({ path, facts }: Watched): Labels => ({
  cn: facts?.cn ?? '',
  issuer: facts?.issuer ?? '',
  path,
});

const FAMILIES: readonly Family[] = [
  {
    name: 'nginx_ssl_certificate_expiry_seconds',
    help: 'When the certificate ends, in seconds since 1970.',
    sample: (watched) =>
      watched.facts && { labels: labelsOf(watched), value: Math.floor(watched.facts.notAfterMs / 1_000) },
  },
  {
    name: 'nginx_ssl_certificate_not_before_seconds',
    help: 'When the certificate begins, in seconds since 1970.',
    sample: (watched) =>
      watched.facts && { labels: labelsOf(watched), value: Math.floor(watched.facts.notBeforeMs / 1_000) },
  },
  {
    name: 'nginx_ssl_certificate_days_until_expiry',
    help: 'Days that were left when it was looked at, below 0 where it is over.',
    sample: (watched, nowMs) =>
      watched.facts && { labels: labelsOf(watched), value: daysLeft(watched.facts, nowMs) },
  },
  {
    name: 'nginx_ssl_certificate_status',
    help: '0 ok, 1 warning, 2 critical, 3 expired or unreadable; path is the file, or host:port of what is served.',
    sample: (watched) => ({ labels: labelsOf(watched), value: gaugeOf(statusOf(watched)) }),
  },
  {
    name: 'nginx_ssl_certificate_served_differs',
    help: '1 where a listener (path) serves another certificate than its file holds, else 0.',
    sample: ({ path, served }) =>
      served && { labels: { path, file: served.file }, value: served.differs ? 1 : 0 },
  },
];

/**
 * The metrics in Prometheus' text format. No two samples of a metric have the same labels, for which node-exporter would
 * drop the whole file: of certificates that cannot be told apart by them the one that ends first stands for all.
 */
export function metricsText(certificates: readonly Watched[], nowMs: number): string {
  const told = [...Map.groupBy(certificates, (one) => lineOf(labelsOf(one))).values()].map(standIn);
  return FAMILIES.flatMap(({ name, help, sample }) => {
    const samples = told.flatMap((watched) => sample(watched, nowMs) ?? []);
    const lines = new Map(samples.map(({ labels, value }) => [`${name}${lineOf(labels)}`, value]));
    if (lines.size === 0) return [];
    const head = [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`];
    return [...head, ...[...lines].map(([series, value]) => `${series} ${value}`)];
  })
    .map((line) => `${line}\n`)
    .join('');
}

/** Of several with the same labels: the time of the one that ends first, and the problems of all. */
function standIn(alike: Watched[]): Watched {
  const [first] = alike.toSorted(
    (one, other) => (one.facts?.notAfterMs ?? 0) - (other.facts?.notAfterMs ?? 0),
  );
  const served = alike.find((one) => one.served)?.served;
  if (!first) throw new Error('a group is never empty');
  return { ...first, problems: alike.flatMap(({ problems }) => problems), ...(served ? { served } : {}) };
}

const lineOf = (labels: Labels): string =>
  `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',')}}`;

/** As the format demands: everything else may stand in a label as it is. */
const escaped = (value: string): string =>
  value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
