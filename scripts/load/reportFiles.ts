import { mkdir } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import type { BundleDir } from '../bundle/bundleDir.ts';
import { PreconditionError } from '../lib/commandErrors.ts';
import { writeFileAtomically } from '../lib/writeFileAtomically.ts';

/** Where a report goes, for people and for programs. */
export type ReportFiles = { html: string; json: string };

/** `reports/<name>-<time>.html` of the bundle's state, or what was named; the JSON lies beside it. */
export function reportFiles(
  dir: BundleDir,
  { name, at, named }: { name: string; at: Date; named?: string | undefined },
): ReportFiles {
  const time = at.toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  const html = named ? resolve(named) : join(dir.reports, `${name}-${time}Z.html`);
  const stem = extname(html) === '' ? html : html.slice(0, -extname(html).length);
  return { html: extname(html) === '' ? `${html}.html` : html, json: `${stem}.json` };
}

/** Makes the folder. Throws PreconditionError where it cannot: better before the work than after it. */
export async function openReports({ html }: ReportFiles): Promise<void> {
  try {
    await mkdir(dirname(html), { recursive: true });
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    throw new PreconditionError({
      what: `cannot write to ${dirname(html)}`,
      why,
      next: 'name a file elsewhere: --report load.html',
    });
  }
}

export async function writeReports(files: ReportFiles, page: string, data: object): Promise<void> {
  await writeFileAtomically(files.html, page, { mode: 0o644 });
  await writeFileAtomically(files.json, `${JSON.stringify(data, null, 1)}\n`, { mode: 0o644 });
}
