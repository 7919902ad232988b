import type { Options } from 'k6/options';

/** One kind of traffic: it arrives at its rate, however long the answers take. */
export interface Traffic {
  perSecond: number;
  /** Of each single request, from the first byte sent to the last received. */
  p95Ms: number;
  /** Of the whole iteration, where it is more than one request. */
  wholeP95Ms?: number;
  /** For how long arrivals find a free caller; after that they are dropped, which fails the run. */
  patienceSeconds: number;
}

/** Names the function of its scenario. */
export type Mix = Record<string, Traffic>;

export const DURATION_SECONDS = Number(__ENV.LOAD_DURATION);
const CALLERS_AT_MOST = 600;

/** The scenarios of a mix, and the thresholds that are its verdict. */
export function optionsOf(mix: Mix): Options {
  const { host, port } = splitUrl(__ENV.LOAD_URL ?? '');
  return {
    scenarios: Object.fromEntries(Object.entries(mix).map(scenarioOf)),
    thresholds: {
      http_req_failed: ['rate==0'],
      dropped_iterations: ['count==0'],
      checks: ['rate==1'],
      ...Object.assign({}, ...Object.entries(mix).map(thresholdsOf)),
    },
    // The public name, at the address that nginx has inside: TLS and Host are as every caller has them.
    hosts: { [`${host}:${port}`]: __ENV.LOAD_NGINX ?? '' },
    summaryTrendStats: ['min', 'med', 'avg', 'p(95)', 'p(99)', 'max', 'count'],
    userAgent: 'origin-stack-load',
  };
}

const scenarioOf = ([name, traffic]: [string, Traffic]) => {
  const { perSecond, patienceSeconds } = traffic;
  const callers = (seconds: number) => Math.min(CALLERS_AT_MOST, Math.ceil(perSecond * seconds) + 1);
  return [
    name,
    {
      executor: 'constant-arrival-rate',
      exec: name,
      // Whole numbers: less than one a second is some a minute.
      rate: Math.round(perSecond * 60),
      timeUnit: '1m',
      duration: `${DURATION_SECONDS}s`,
      preAllocatedVUs: callers(patienceSeconds / 4),
      maxVUs: callers(patienceSeconds),
      gracefulStop: '30s',
    },
  ] as const;
};

const thresholdsOf = ([name, { p95Ms, wholeP95Ms }]: [string, Traffic]) => ({
  // What did not run would pass every other bound.
  [`iterations{scenario:${name}}`]: ['count>0'],
  [`http_req_duration{scenario:${name}}`]: [`p(95)<${p95Ms}`],
  [`http_req_failed{scenario:${name}}`]: ['rate==0'],
  ...(wholeP95Ms ? { [`iteration_duration{scenario:${name}}`]: [`p(95)<${wholeP95Ms}`] } : {}),
});

/** k6 has no `URL` of its own. */
function splitUrl(url: string): { host: string; port: string } {
  const [, host = '', port = '443'] = /^https:\/\/([^:/]+)(?::(\d+))?$/.exec(url) ?? [];
  return { host, port };
}
