import { readFile } from 'node:fs/promises';
import type { Tally } from './suite.ts';

const CASE = /<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g;
const attribute = (text: string, name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(text)?.[1] ?? '';
const ENTITIES: Record<string, string> = { quot: '"', apos: "'", lt: '<', gt: '>', amp: '&' };
const plain = (text: string) =>
  text.replace(/&(quot|apos|lt|gt|amp);/g, (_, name: string) => ENTITIES[name] ?? '');

/** Counts the cases of a JUnit report, as vitest, pytest and schemathesis write it. Rejects where there is none. */
export async function readJunit(file: string): Promise<Tally> {
  const text = await readFile(file, 'utf8');
  const tally: Tally = { passed: 0, failed: 0, skipped: [], ran: [] };
  for (const [, head = '', body = ''] of text.matchAll(CASE)) {
    const name = plain(attribute(head, 'name'));
    // Of vitest the file, of pytest the module.
    const place = plain(attribute(head, 'classname'));
    const seconds = Number(attribute(head, 'time'));
    tally.ran.push({ name: place ? `${place}: ${name}` : name, seconds });
    if (/<(failure|error)\b/.test(body)) tally.failed += 1;
    else if (/<skipped\b/.test(body)) {
      const said = plain(attribute(/<skipped\b[^>]*>/.exec(body)?.[0] ?? '', 'message'));
      tally.skipped.push({ name, reason: said || name });
    } else tally.passed += 1;
  }
  return tally;
}
