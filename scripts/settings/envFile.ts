import { PreconditionError } from '../lib/commandErrors.ts';
import { nearestName } from '../lib/nearestName.ts';

/** Which names a file of settings may hold. */
export interface EnvFileNames {
  known: readonly string[];
  /** Where a name that is not known belongs; undefined where nobody knows it. */
  belongs?(name: string): string | undefined;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const SHOWN = 6;

/**
 * A file of settings: `NAME=VALUE` a line, comments on lines of their own. It takes only what Compose and a shell read the
 * same. Throws PreconditionError with every line that is wrong and how to mend it; no value stands in it.
 */
export function parseEnvFile(text: string, file: string, names: EnvFileNames): Record<string, string> {
  const problems: string[] = [];
  const seen = new Map<string, number>();
  const values: Record<string, string> = {};
  for (const [index, line] of text.split('\n').entries()) {
    const number = index + 1;
    if (isNobodys(line)) continue;
    const [name, value] = splitLine(line);
    const problem = formProblem(line) ?? nameProblem(name, names) ?? valueProblem(value);
    const first = seen.get(name);
    if (problem !== undefined) problems.push(`line ${number}: ${problem}`);
    else if (first !== undefined)
      problems.push(`line ${number}: sets ${name} as line ${first} does: take one away`);
    else values[name] = value;
    seen.set(name, first ?? number);
  }
  if (problems.length === 0) return values;
  const more = problems.length > SHOWN ? [`and ${problems.length - SHOWN} more`] : [];
  throw new PreconditionError({
    what: `${file} is not written as it must be`,
    why: [...problems.slice(0, SHOWN), ...more].join('\n'),
    next: text.includes('\r')
      ? `sed -i 's/\\r$//' ${file}, then type this again`
      : 'mend it, then type this again',
  });
}

/**
 * The text of a file with exactly these settings. Comments and the order of lines stay as the operator left them; what is new
 * comes last.
 */
export function editEnvFile(text: string, values: Record<string, string>): string {
  const missing = new Map(Object.entries(values));
  const kept = text
    .replace(/\n$/, '')
    .split('\n')
    .flatMap((line) => {
      if (isNobodys(line)) return [line];
      const [name] = splitLine(line);
      const value = missing.get(name);
      missing.delete(name);
      return value === undefined ? [] : [`${name}=${value}`];
    });
  return `${[...kept, ...[...missing].map(([name, value]) => `${name}=${value}`)].join('\n')}\n`;
}

/** Why a text cannot stand behind `NAME=`; undefined where it can. */
export function valueProblem(value: string): string | undefined {
  if (value !== value.trim()) return 'has blanks around its value: take them away';
  if (/\p{Cc}/u.test(value)) return 'has a control character in its value: take it away';
  if (/['"]/.test(value)) return 'has quotes: write the value without them';
  if (value.includes('#')) return 'has a # in its value: a comment stands on a line of its own';
  if (/[$\\]/.test(value))
    return 'has a $ or a \\ in its value, which Compose would replace: no setting may hold one';
  return undefined;
}

const isNobodys = (line: string) =>
  /^\s*(#|$)/.test(line) && !line.endsWith('\r') && !line.startsWith('\ufeff');

function splitLine(line: string): [string, string] {
  const at = line.indexOf('=');
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}

function formProblem(line: string): string | undefined {
  if (line.startsWith('\ufeff')) return 'begins with a byte order mark: save the file as UTF-8 without one';
  if (line.endsWith('\r')) return 'ends in CRLF, as editors on Windows write it: end it in LF alone';
  const [name] = splitLine(line);
  if (/^\s*export\s/.test(name))
    return `begins with export: write ${name.replace(/^\s*export\s+/, '').trim()}=…`;
  if (!line.includes('=')) return 'has no =: write NAME=VALUE';
  if (name !== name.trim()) return `has blanks around ${name.trim()}: write ${name.trim()}=…`;
  return NAME.test(name) ? undefined : 'has no name before its =: write NAME=VALUE';
}

function nameProblem(name: string, { known, belongs }: EnvFileNames): string | undefined {
  if (known.includes(name)) return undefined;
  const where = belongs?.(name);
  if (where !== undefined) return `${name} does not belong here: ${where}`;
  const near = nearestName(name, [...known]);
  return `${name} is no setting of this file${near ? `: did you mean ${near}?` : ': take the line away'}`;
}
