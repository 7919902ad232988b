import { DURATION_SECONDS, type Mix, optionsOf } from './options.ts';

/** Of what k6 hands over (https://grafana.com/docs/k6/latest/results-output/end-of-test/custom-summary), the part that is used. */
interface Data {
  metrics: object;
  root_group: { checks: object[] };
  state: { testRunDurationMs: number };
}

/** Says the figures and what they are held against as one line of JSON, which `./stack load` reads. */
export const summaryOf = (mix: Mix) => (data: Data) => ({
  stdout: `\n${JSON.stringify({
    summary: {
      mix,
      durationSeconds: DURATION_SECONDS,
      thresholds: optionsOf(mix).thresholds,
      runMs: data.state.testRunDurationMs,
      metrics: data.metrics,
      checks: data.root_group.checks,
    },
  })}\n`,
});
