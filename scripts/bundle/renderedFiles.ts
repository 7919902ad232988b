import { alertmanagerConfig } from '../alerts/alertmanagerConfig.ts';
import { ALERT_CA_FILE } from '../alerts/receivers.ts';
import type { BundleSettings } from './bundleSettings.ts';
import type { OverlaySecret } from './overlaySecrets.ts';
import { readSecret, type SecretTree, writeSecret } from './secretFiles.ts';
import type { SecretOwner } from './secretPlan.ts';
import { siteConf } from './siteConf.ts';

/** A file that follows from the settings. It lies beside the secrets of its one reader, and holds none. */
export interface RenderedFile {
  folder: SecretOwner;
  file: string;
  content: string;
}

/** Of what is always there; an overlay may ask for more. */
export const ALWAYS_RENDERED = ['nginx/site.conf', 'alertmanager/alertmanager.yml'] as const;

export interface RenderInput {
  tree: SecretTree;
  settings: BundleSettings;
  overlaySecrets: OverlaySecret[];
  /** Made elsewhere, from files that are not in every image. */
  scaledAlerts: RenderedFile[];
}

/** Every such file with what it should hold. Throws UsageError and PreconditionError for settings that nobody could serve by. */
export async function renderedFiles(input: RenderInput): Promise<RenderedFile[]> {
  const { tree, settings, overlaySecrets, scaledAlerts } = input;
  const isBrought = async (file: string) =>
    overlaySecrets.some((one) => one.file === file && one.content !== undefined) ||
    (await readSecret(tree, 'alertmanager', file)) !== undefined;
  const alerting = alertmanagerConfig(settings, {
    hasOwnCa: await isBrought(ALERT_CA_FILE),
    hasMailPassword: await isBrought('alert-mail-password'),
  });
  return [
    { folder: 'nginx', file: 'site.conf', content: siteConf(settings) },
    { folder: 'alertmanager', file: 'alertmanager.yml', content: alerting },
    ...scaledAlerts,
  ];
}

/** Those of them that are not there, or with another content. */
export async function dueFiles(input: RenderInput): Promise<RenderedFile[]> {
  const due: RenderedFile[] = [];
  for (const one of await renderedFiles(input)) {
    const found = await readSecret(input.tree, one.folder, one.file);
    if (found?.toString() !== one.content) due.push(one);
  }
  return due;
}

export async function writeRendered(input: RenderInput): Promise<void> {
  for (const one of await dueFiles(input)) await writeSecret(input.tree, one);
}
