import type { CommandResult, Plan } from '../lib/command.ts';
import { requireNewFile } from '../lib/requireNewFile.ts';
import { withoutFlag } from '../lib/withoutFlag.ts';
import { writeFileAtomically } from '../lib/writeFileAtomically.ts';
import { fileStep } from '../tenants/planKey.ts';
import type { BundleDir } from './bundleDir.ts';
import { type PassedContext, planInBundle, runInBundle } from './runInBundle.ts';

/** Runs `key` in the bundle; a file that `--out` names is written here, where the operator sees it. */
export async function runKeyInBundle(
  dir: BundleDir,
  out: string | undefined,
  context: PassedContext,
): Promise<CommandResult> {
  if (out === undefined) return await runInBundle(dir, 'key', context);
  requireNewFile(out);
  const argv = [...withoutOut(context).filter((part) => part !== '--json'), '--json'];
  const { data, ...result } = await runInBundle(dir, 'key', { ...context, json: true, argv });
  if (result.exitCode !== 0) return { data, ...result };
  const { key_value, ...rest } = data as { id: string; key_prefix: string; key_value: string };
  await writeFileAtomically(out, key_value, { mode: 0o400 });
  return {
    data: { ...rest, file: out },
    text: `the key ${rest.key_prefix} is in ${out} (0400). id ${rest.id}`,
  };
}

/** What `runKeyInBundle` would do. */
export async function planKeyInBundle(
  dir: BundleDir,
  out: string | undefined,
  context: PassedContext,
): Promise<Plan> {
  if (out === undefined) return await planInBundle(dir, 'key', context);
  requireNewFile(out);
  const plan = await planInBundle(dir, 'key', { ...context, argv: withoutOut(context) });
  return { ...plan, steps: [...plan.steps, fileStep(out)] };
}

const withoutOut = ({ argv }: PassedContext) => withoutFlag(argv, '--out');
