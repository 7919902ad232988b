import type { CommandResult } from '../lib/command.ts';
import { refuseExisting } from '../lib/refuseExisting.ts';
import { writeFileAtomically } from '../lib/writeFileAtomically.ts';
import type { BundleDir } from './bundleDir.ts';
import { runTool, type ToolContext } from './runTool.ts';

/** Runs `key` in the bundle; a file that `--out` names is written here, where the operator sees it. */
export async function runKeyTool(
  dir: BundleDir,
  out: string | undefined,
  context: ToolContext,
): Promise<CommandResult> {
  if (out === undefined) return await runTool(dir, 'key', context);
  refuseExisting(out);
  const argv = [...withoutFlag(context.argv, '--out').filter((part) => part !== '--json'), '--json'];
  const { data, ...result } = await runTool(dir, 'key', { ...context, json: true, argv });
  if (result.exitCode !== 0) return { data, ...result };
  const { key_value, ...rest } = data as { id: string; key_prefix: string; key_value: string };
  await writeFileAtomically(out, key_value, { mode: 0o400 });
  return {
    data: { ...rest, file: out },
    text: `the key ${rest.key_prefix} is in ${out} (0400). id ${rest.id}`,
  };
}

function withoutFlag(argv: string[], flag: string): string[] {
  const at = argv.indexOf(flag);
  const rest = at < 0 ? argv : [...argv.slice(0, at), ...argv.slice(at + 2)];
  return rest.filter((part) => !part.startsWith(`${flag}=`));
}
