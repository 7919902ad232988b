import type { Attempt } from '../workloads/ingestLoad.ts';
import type { Scenario, ScenarioResult } from './scenario.ts';
import type { BadLook } from './watchEdge.ts';

/** Liveness never falters; readiness stays, or turns by the fault alone. */
export function edgeVerdicts(
  { readiness }: Pick<Scenario, 'readiness'>,
  bad: readonly BadLook[],
  faultMs: number,
): Record<'aliveAllTheTime' | 'readiness', string[]> {
  const said = (path: BadLook['path'], untilMs: number) =>
    bad
      .filter((look) => look.path === path && look.atMs < untilMs)
      .map(({ answer, atMs }) => {
        const seconds = ((atMs - faultMs) / 1000).toFixed(1);
        return `${path} was answered with ${answer} ${seconds} s after the fault`;
      });
  return {
    aliveAllTheTime: said('/health/live', Number.POSITIVE_INFINITY),
    readiness: said('/ready', readiness === 'stays' ? Number.POSITIVE_INFINITY : faultMs),
  };
}

/** Whether readiness said, since the fault, that requests cannot be answered. No answer at all is none. */
export const hasTurned = (bad: readonly BadLook[], faultMs: number): boolean =>
  bad.some(({ atMs, path, answer }) => atMs >= faultMs && path === '/ready' && answer === '503');

/** Whoever was not acknowledged noticed the fault. */
export const callersNoticeNothing = (attempts: readonly Attempt[]): string[] =>
  attempts
    .filter(({ outcome }) => outcome !== 'acknowledged')
    .map(({ request, status, error }) => `${request.external_id}: ${status ?? error}`);

/** A scenario that ended early has not held, nor has one that looked at nothing. */
export function hasHeld({ error, verdicts }: Pick<ScenarioResult, 'error' | 'verdicts'>): boolean {
  const looks = Object.values(verdicts);
  return error === null && looks.length > 0 && looks.every((violations) => violations.length === 0);
}
