const STRINGS = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g;
const LABELS = /\{[^}]*\}/g;
const RANGES = /\[[^\]]*\]/g;
const GROUPINGS = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g;
const KEYWORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan']);

/** The names of the metrics that an expression of PromQL reads. */
export function metricsOf(expr: string): string[] {
  const bare = expr
    .replace(STRINGS, '')
    .replace(LABELS, '')
    .replace(RANGES, '')
    .replace(GROUPINGS, ' ')
    // Functions and aggregations.
    .replace(/\b[a-z_]\w*\s*\(/gi, '(');
  const words = [...bare.matchAll(/(?<![\w.])[a-z_:][\w:]*/gi)].map(([word]) => word);
  return [...new Set(words.filter((word) => !KEYWORDS.has(word.toLowerCase())))];
}
