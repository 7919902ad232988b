import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface MetricSpec {
  help: string;
  labels?: string[];
  /** Of a histogram: upper bounds in its unit; prom-client's own (5 ms to 10 s) where unset. */
  buckets?: number[];
}

/** From a primary key's look-up to well above the second that DatabaseSlowQueries warns of. */
const QUERY_BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Every metric of ours; names are stable, and docs/reference/metrics.md is made from this list. */
export const METRICS = {
  http_requests_total: { help: 'Requests by route and status', labels: ['method', 'route', 'status'] },
  http_request_duration_seconds: { help: 'Time to answer, by route', labels: ['method', 'route'] },
  key_lookups_total: { help: 'API keys that were looked up, by outcome', labels: ['outcome'] },
  ip_allowlist_unreadable_total: {
    help: 'Clients judged by an allowlist entry or address that does not parse',
  },
  database_pool_connections: { help: 'Connections of the pool', labels: ['state'] },
  database_pool_max_connections: { help: 'Connections that the pool may have at the most' },
  database_query_duration_seconds: {
    help: 'How long PostgreSQL takes for a query, failed ones and waiting for locks included',
    buckets: QUERY_BUCKETS_SECONDS,
  },
  redis_connection_failures_total: {
    help: 'Connections to Redis that broke, did not come about, or were given up since Redis refused or did not answer',
  },
  redis_up: { help: '1 while Redis is connected and takes writes' },
  breaker_state: { help: '0 closed, 1 half open, 2 open', labels: ['breaker'] },
  breaker_transitions_total: { help: 'Changes of a breaker', labels: ['breaker', 'to'] },
  webhook_breakers: {
    help: 'Webhook endpoints that were called since this process started, by the state of their breaker',
    labels: ['state'],
  },
  decisions_total: { help: 'Decisions by outcome', labels: ['decision'] },
  outbox_waiting: { help: 'Pieces of work that are due' },
  outbox_expected_depth: { help: 'So many pieces of work may be due; from 80 % on QueueOverloaded warns' },
  outbox_oldest_seconds: {
    help: 'For how long the oldest piece of work has been due; from 30 s on OutboxStalled looks whether any is run',
  },
  task_runs_total: { help: 'Runs of tasks by outcome', labels: ['task', 'outcome'] },
  task_duration_seconds: { help: 'How long a task runs', labels: ['task'] },
  retention_deleted_total: { help: 'Rows and objects that retention deleted', labels: ['what'] },
  evidence_mismatches_total: {
    help: 'Evidence packs that were not built, since stored rows contradict their certificate or ledger event',
  },
  ledger_verification_failures: {
    help: 'Ledgers that did not verify in the last nightly run; no sample until a run of this process ended',
  },
  ledger_verified_timestamp_seconds: {
    help: 'When the last run that verified every ledger ended; no sample until one of this process did',
  },
  alerts_received_total: {
    help: 'Notifications of alerts that came from Alertmanager',
    labels: ['alertname', 'status'],
  },
  process_replacements_total: {
    help: 'How often the watchdog replaced this process, which hung, since its container started',
  },
} as const satisfies Record<string, MetricSpec>;

export type MetricName = keyof typeof METRICS;

export interface Metrics {
  registry: Registry;
  /** By 0 it makes a series that is there before its first event: Prometheus sees no rise in a series that is new. */
  count(name: MetricName, labels?: Record<string, string>, by?: number): void;
  observe(name: MetricName, labels: Record<string, string>, seconds: number): void;
  set(name: MetricName, labels: Record<string, string>, value: number): void;
  /** Runs before each scrape. */
  onScrape(collect: () => void | Promise<void>): void;
  scrape(): Promise<string>;
}

/** A registry of its own, so that two processes in one test do not share it. */
export function createMetrics(service: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  const collectors: (() => void | Promise<void>)[] = [];
  const options = (name: MetricName) => {
    const spec: MetricSpec = METRICS[name];
    return { name, help: spec.help, labelNames: spec.labels ?? [], registers: [registry] };
  };
  const histogramOptions = (name: MetricName) => {
    const { buckets }: MetricSpec = METRICS[name];
    return { ...options(name), ...(buckets ? { buckets } : {}) };
  };
  const once = <T>(map: Map<string, T>, name: MetricName, make: () => T): T => {
    const known = map.get(name) ?? make();
    map.set(name, known);
    return known;
  };
  return {
    registry,
    count: (name, labels = {}, by = 1) =>
      once(counters, name, () => new Counter(options(name))).inc(labels, by),
    observe: (name, labels, seconds) =>
      once(histograms, name, () => new Histogram(histogramOptions(name))).observe(labels, seconds),
    set: (name, labels, value) => once(gauges, name, () => new Gauge(options(name))).set(labels, value),
    onScrape: (collect) => void collectors.push(collect),
    async scrape() {
      await Promise.all(collectors.map((collect) => collect()));
      return registry.metrics();
    },
  };
}
