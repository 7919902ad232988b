import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { namedSchemas } from '@origin-stack/contract/namedSchemas';
import { CHECKOUT } from './lib/checkout.ts';
import { type CommandEntry, defineCommand } from './lib/command.ts';
import { writeFileAtomically } from './lib/writeFileAtomically.ts';
import { referencePages } from './reference/pages.ts';
import { pythonTypes } from './reference/pythonTypes.ts';
import { typescriptTypes } from './reference/typescriptTypes.ts';

/** The files of the checkout, by their path, that differ from what the code says now. */
export async function staleFiles(commands: readonly CommandEntry[]): Promise<Record<string, string>> {
  const made = { ...(await referencePages(commands)), ...sdkTypes() };
  const stale: Record<string, string> = {};
  for (const [path, text] of Object.entries(made)) {
    const written = await readFile(join(CHECKOUT, path), 'utf8').catch(() => '');
    if (written !== text) stale[path] = text;
  }
  return stale;
}

/** The types of the API in both SDKs, which depend on nothing. */
function sdkTypes(): Record<string, string> {
  const schemas = namedSchemas();
  return {
    'packages/sdk/src/apiTypes.ts': typescriptTypes(schemas),
    'packages/sdk-python/src/origin_stack/api_types.py': pythonTypes(schemas),
  };
}

export const command = defineCommand({
  name: 'reference',
  summary: 'Write docs/reference and the types of the SDKs from the code',
  details:
    'Settings, routes, errors, metrics, alerts, commands and openapi.json; the types of the API for TypeScript and Python. ' +
    'A test says when they are stale.',
  examples: ['./stack reference', './stack reference --dry-run'],
  flags: {},
  async plan({ commands }) {
    const paths = Object.keys(await staleFiles(commands));
    return {
      summary: paths.length > 0 ? 'would write' : 'all of them say what the code says',
      steps: paths.map((path) => ({ action: `write ${path}`, path })),
    };
  },
  async run({ commands }) {
    const stale = await staleFiles(commands);
    await mkdir(join(CHECKOUT, 'docs', 'reference'), { recursive: true });
    for (const [path, text] of Object.entries(stale))
      await writeFileAtomically(join(CHECKOUT, path), text, { mode: 0o644 });
    return { data: { written: Object.keys(stale) }, text: `written: ${Object.keys(stale).join(', ')}` };
  },
});
