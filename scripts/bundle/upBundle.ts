import { productVersion } from '@origin-stack/core/infra/productVersion';
import { buildImages } from '../images/buildImages.ts';
import type { CommandContext, CommandResult, Flags } from '../lib/command.ts';
import { proveSelf } from '../proof/proveSelf.ts';
import { bundleClient } from './bundleClient.ts';
import type { BundleDir } from './bundleDir.ts';
import { bundleReceipt } from './bundleReceipt.ts';
import { startContainerReceiver } from './containerReceiver.ts';
import { type InitChoices, initBundle } from './initBundle.ts';
import { loadImages } from './offline/loadImages.ts';
import { requireFreePorts } from './requireFreePorts.ts';
import { startContainers } from './startContainers.ts';

type Context = Pick<CommandContext<Flags>, 'progress' | 'signal'>;

/** Builds what is missing, or loads it from an archive, makes the secrets, starts the bundle and checks it with a real item. */
export async function upBundle(
  dir: BundleDir,
  choices: InitChoices & { archive?: string | undefined },
  { progress, signal }: Context,
): Promise<CommandResult> {
  const { archive } = choices;
  // First of all: a damaged archive changes nothing.
  if (archive !== undefined) await loadImages(archive, { tag: productVersion, progress, signal });
  const build = () => buildImages({ tag: productVersion, progress, signal });
  // Who is not root makes the secrets by a container of the product's own image; for root a wrong choice costs no build.
  const needsImage = process.getuid?.() !== 0;
  if (archive === undefined && needsImage) await build();
  const { settings, made, certificate } = await initBundle(dir, choices);
  if (made.length > 0) progress.note(`${made.length} secret files made in ${dir.secrets}`);
  await requireFreePorts(dir, settings);
  if (archive === undefined && !needsImage) await build();
  const starting = progress.step('starting the containers');
  const containers = await startContainers(dir, { step: starting, signal });
  starting.done(`${containers.length} containers are well`);
  const checking = progress.step('checking it with a real item');
  const client = await bundleClient(dir, 'self-check', signal);
  const proven = await proveSelf(client, checking, () => startContainerReceiver(dir));
  checking.done(`${proven.pack.verdict.checks.length} checks of the evidence pack passed`);
  const receipt = { dir, settings, certificate, containers, proven };
  return {
    data: {
      url: settings.ORIGIN_PUBLIC_URL,
      certificate: { ...certificate },
      containers: containers.map((one) => ({ ...one })),
      self_check: { upload_id: proven.reply.upload_id, decision: proven.reply.decision },
    },
    text: bundleReceipt(receipt),
  };
}
