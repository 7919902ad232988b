import { isScalar, parseDocument, visit } from 'yaml';
import { formatDuration, parseDuration } from './durations.ts';

const SHORTEST_MS = 1_000;
/** Each scrape asks every part of the bundle: a second would be load of its own. */
const SHORTEST_SCRAPE_MS = 2_000;
const LONGEST_SCRAPE_MS = 15_000;
/** A range sees a rate or a rise only with samples in it; prometheus.yml's shortest has 20. */
const SAMPLES_IN_RANGE = 4;

/** Strings come first, so that brackets in them are left alone. */
const RANGE = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|\[([^\]]*)\]/g;

const atLeast = (leastMs: number, ms: number) => formatDuration(Math.max(leastMs, Math.round(ms)));

const scrapeMs = (factor: number) => Math.max(SHORTEST_SCRAPE_MS, LONGEST_SCRAPE_MS * factor);

/**
 * The same rules with every `for` and every range times `factor` (above 0, at most 1): not below a second, and a range not
 * below what holds enough of `scalePrometheus`' scrapes. What stands in texts and thresholds stays.
 */
export function scaleRules(text: string, factor: number): string {
  requireFactor(factor);
  const document = parseDocument(text);
  const leastRangeMs = SAMPLES_IN_RANGE * scrapeMs(factor);
  visit(document, {
    Pair(_, { key, value }) {
      if (!isScalar<string>(key) || !isScalar<string>(value)) return;
      if (key.value === 'for') value.value = atLeast(SHORTEST_MS, parseDuration(value.value) * factor);
      if (key.value === 'expr') value.value = scaleRanges(value.value, factor, leastRangeMs);
    },
  });
  return document.toString({ lineWidth: 0 });
}

function scaleRanges(expr: string, factor: number, leastMs: number): string {
  return expr.replaceAll(RANGE, (found, range?: string) => {
    if (range === undefined) return found;
    const [whole = '', ...step] = range.split(':');
    const scaled = atLeast(leastMs, parseDuration(whole.trim()) * factor);
    // The step of a subquery.
    const rest = step.map((one) =>
      one.trim() === '' ? '' : atLeast(SHORTEST_MS, parseDuration(one.trim()) * factor),
    );
    return `[${[scaled, ...rest].join(':')}]`;
  });
}

/** The same configuration with its intervals times `factor`, and with `ruleFile` in the place of the rules in `rules/`. */
export function scalePrometheus(text: string, factor: number, ruleFile: string): string {
  requireFactor(factor);
  const document = parseDocument(text);
  const interval = formatDuration(Math.round(scrapeMs(factor)));
  document.setIn(['global', 'scrape_interval'], interval);
  document.setIn(['global', 'scrape_timeout'], interval);
  const evaluation = String(document.getIn(['global', 'evaluation_interval']));
  document.setIn(['global', 'evaluation_interval'], atLeast(SHORTEST_MS, parseDuration(evaluation) * factor));
  const files = document.toJS({ merge: true }).rule_files as string[];
  document.set('rule_files', [ruleFile, ...files.filter((file) => !file.includes('/rules/'))]);
  return document.toString({ lineWidth: 0 });
}

function requireFactor(factor: number): void {
  if (!(factor > 0 && factor <= 1)) throw new RangeError(`${factor} is no factor above 0 and at most 1`);
}
