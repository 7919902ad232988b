import { redact } from '../lib/redact.ts';

/** A warning or an error of k6, and how often it came. */
export interface Word {
  text: string;
  times: number;
}

const KEPT = 50;
const SHOWN = 5;

/** Collects what k6 logs, as JSON (K6_LOG_FORMAT): the same words are counted. */
export function collectWords() {
  const counts = new Map<string, number>();
  return {
    take(line: string): void {
      const text = textOf(line);
      if (text === undefined || (!counts.has(text) && counts.size >= KEPT)) return;
      counts.set(text, (counts.get(text) ?? 0) + 1);
    },
    /** The most frequent first. */
    all: (): Word[] =>
      [...counts]
        .map(([text, times]) => ({ text, times }))
        .sort((one, other) => other.times - one.times)
        .slice(0, SHOWN),
  };
}

function textOf(line: string): string | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const { level, msg, error } = JSON.parse(line) as { level?: string; msg?: string; error?: string };
    if (level !== 'warning' && level !== 'error') return undefined;
    // The verdict says them one by one.
    if (msg?.startsWith('thresholds on metrics')) return undefined;
    // Ports of the caller make every one another text.
    const words = [msg, error]
      .filter(Boolean)
      .join(': ')
      .replace(/:\d{5}\b/g, '');
    return redact(words).slice(0, 300);
  } catch {
    return undefined;
  }
}
