import { nameCause } from '../doctor/nameCause.ts';
import { preflight } from '../doctor/preflight.ts';
import type { CommandContext, CommandResult, Flags, Plan } from '../lib/command.ts';
import { proveSelf } from '../proof/proveSelf.ts';
import { noteCertificates, noteStep } from '../tlsMonitor/noteCertificates.ts';
import { bundleClient } from './bundleClient.ts';
import type { BundleDir } from './bundleDir.ts';
import { bundleReceipt, certificateNotes } from './bundleReceipt.ts';
import { readBundleSettings } from './bundleSettings.ts';
import { startContainerReceiver } from './containerReceiver.ts';
import { rememberVolumes, requireData } from './dataVolumes.ts';
import { type InitChoices, settingsOf } from './initChoices.ts';
import { planContainers } from './planContainers.ts';
import { planPreparation } from './planPreparation.ts';
import { prepareBundle } from './prepareBundle.ts';
import { removeFormerImages } from './removeFormerImages.ts';
import { startContainers } from './startContainers.ts';

type Context = Pick<CommandContext<Flags>, 'progress' | 'signal'>;

type UpChoices = InitChoices & {
  archive?: string | undefined;
  /** The name of the project, by who gives up data that are gone. */
  givenUp?: string | undefined;
};

/** What `up` would do. Throws PreconditionError where it would before it changes anything. */
export async function planUp(dir: BundleDir, choices: UpChoices, context: Context): Promise<Plan> {
  const wanted = settingsOf(dir, choices, await readBundleSettings(dir));
  await preflight(dir, wanted, context);
  await requireData(dir, wanted, choices.givenUp);
  const { archive } = choices;
  const { steps, ...coming } = await planPreparation(dir, { choices, archive });
  const containers = await planContainers({ ...coming, isLoaded: archive !== undefined });
  return {
    summary: 'would bring up the bundle and check it',
    steps: [
      ...steps,
      ...containers,
      {
        action:
          'wait until every container is well, and have nginx, Prometheus and Alertmanager read their settings again',
      },
      { action: 'check it with a real item' },
      noteStep(dir),
    ],
  };
}

/** Builds what is missing, or loads it from an archive, makes the secrets, starts the bundle and checks it with a real item. */
export async function upBundle(
  dir: BundleDir,
  choices: UpChoices,
  { progress, signal }: Context,
): Promise<CommandResult> {
  const wanted = settingsOf(dir, choices, await readBundleSettings(dir));
  await preflight(dir, wanted, { progress, signal });
  await requireData(dir, wanted, choices.givenUp);
  const former = await readBundleSettings(dir);
  const { settings, made, writtenAt, certificate } = await prepareBundle(dir, {
    choices,
    archive: choices.archive,
    progress,
    signal,
  });
  if (made.length > 0) progress.note(`${made.length} secret files made in ${dir.secrets}`);
  for (const note of certificateNotes(certificate)) progress.note(`public certificate: ${note}`);
  const starting = progress.step('starting the containers');
  const containers = await nameCause(dir, signal, () =>
    startContainers(dir, { step: starting, signal, writtenAt }),
  );
  await rememberVolumes(dir, settings);
  await removeFormerImages(former, settings);
  starting.done(`${containers.length} containers are well`);
  const checking = progress.step('checking it with a real item');
  const client = await bundleClient(dir, 'self-check', signal);
  const proven = await proveSelf(client, checking, {
    signal,
    start: () => startContainerReceiver(dir),
  });
  checking.done(`${proven.pack.verdict.checks.length} checks of the evidence pack passed`);
  await noteCertificates(dir, { progress, signal });
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
