import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface MetricSpec {
  help: string;
  labels?: string[];
}

/** Every metric of ours; names are stable, and docs/reference/metrics.md is made from this list. */
export const METRICS = {
  http_requests_total: { help: 'Requests by route and status', labels: ['method', 'route', 'status'] },
  http_request_duration_seconds: { help: 'Time to answer, by route', labels: ['method', 'route'] },
  key_lookups_total: { help: 'API keys that were looked up, by outcome', labels: ['outcome'] },
  ip_allowlist_unreadable_total: {
    help: 'Clients judged by an allowlist entry or address that does not parse',
  },
  database_pool_connections: { help: 'Connections of the pool', labels: ['state'] },
  redis_up: { help: '1 while Redis is connected' },
  breaker_state: { help: '0 closed, 1 half open, 2 open', labels: ['breaker'] },
  breaker_transitions_total: { help: 'Changes of a breaker', labels: ['breaker', 'to'] },
  decisions_total: { help: 'Decisions by outcome', labels: ['decision'] },
  outbox_waiting: { help: 'Pieces of work that are due' },
  outbox_oldest_seconds: { help: 'Since when the oldest piece of work is due' },
  task_runs_total: { help: 'Runs of tasks by outcome', labels: ['task', 'outcome'] },
  task_duration_seconds: { help: 'How long a task runs', labels: ['task'] },
  retention_deleted_total: { help: 'Rows and objects that retention deleted', labels: ['what'] },
  process_replacements_total: {
    help: 'How often the watchdog replaced this process, which hung, since its container started',
  },
} as const satisfies Record<string, MetricSpec>;

export type MetricName = keyof typeof METRICS;

export interface Metrics {
  registry: Registry;
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
      once(histograms, name, () => new Histogram(options(name))).observe(labels, seconds),
    set: (name, labels, value) => once(gauges, name, () => new Gauge(options(name))).set(labels, value),
    onScrape: (collect) => void collectors.push(collect),
    async scrape() {
      await Promise.all(collectors.map((collect) => collect()));
      return registry.metrics();
    },
  };
}
