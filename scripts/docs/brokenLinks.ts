import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { CHECKOUT } from '../lib/checkout.ts';
import { proseLines } from './codeParts.ts';
import type { Document } from './readDocuments.ts';

/** The relative links that lead to no file of the checkout, or to a heading that its file does not have. */
export function brokenLinks({ path, text }: Document): string[] {
  const targets = proseLines(text).flatMap((line) =>
    [...line.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? ''),
  );
  return targets.filter((target) => !/^[a-z]+:/.test(target) && !leadsSomewhere({ path, text }, target));
}

function leadsSomewhere({ path, text }: Document, target: string): boolean {
  const [file = '', anchor] = target.split('#');
  if (file === '') return anchorsOf(text).includes(anchor ?? '');
  const found = normalize(join(dirname(path), file));
  const absolute = join(CHECKOUT, found);
  if (found.startsWith('..') || !existsSync(absolute)) return false;
  if (anchor === undefined) return true;
  return statSync(absolute).isFile() && anchorsOf(readFileSync(absolute, 'utf8')).includes(anchor);
}

/** The anchors of a document's headings, in the form that repository hosts give them. */
function anchorsOf(markdown: string): string[] {
  return proseLines(markdown)
    .filter((line) => /^#{1,6} /.test(line))
    .map((line) =>
      line
        .replace(/^#+ /, '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    );
}
