import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CHECKOUT } from './lib/checkout.ts';
import { type CommandEntry, defineCommand } from './lib/command.ts';
import { writeFileAtomically } from './lib/writeFileAtomically.ts';
import { referencePages } from './reference/pages.ts';

const FOLDER = join(CHECKOUT, 'docs', 'reference');

/** The pages that differ from what the code says now. */
export async function stalePages(commands: readonly CommandEntry[]): Promise<Record<string, string>> {
  const pages = await referencePages(commands);
  const stale: Record<string, string> = {};
  for (const [name, text] of Object.entries(pages)) {
    const written = await readFile(join(FOLDER, name), 'utf8').catch(() => '');
    if (written !== text) stale[name] = text;
  }
  return stale;
}

export const command = defineCommand({
  name: 'reference',
  summary: 'Write docs/reference from the code',
  details:
    'Settings, routes, errors, metrics, alerts, commands and openapi.json. A test says when they are stale.',
  examples: ['./stack reference', './stack reference --dry-run'],
  flags: {},
  async plan({ commands }) {
    const names = Object.keys(await stalePages(commands));
    return {
      summary: names.length > 0 ? 'would write' : 'docs/reference says what the code says',
      steps: names.map((name) => ({ action: `write docs/reference/${name}`, name })),
    };
  },
  async run({ commands }) {
    const stale = await stalePages(commands);
    await mkdir(FOLDER, { recursive: true });
    for (const [name, text] of Object.entries(stale))
      await writeFileAtomically(join(FOLDER, name), text, { mode: 0o644 });
    return { data: { written: Object.keys(stale) }, text: `written: ${Object.keys(stale).join(', ')}` };
  },
});
