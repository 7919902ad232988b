import type { BundleDir } from '../bundle/bundleDir.ts';
import { requireBundle } from '../bundle/bundleSettings.ts';
import { openTree } from '../bundle/secretFiles.ts';
import { workByContainer } from '../bundle/workByContainer.ts';
import { PreconditionError } from '../lib/commandErrors.ts';
import type { Progress } from '../lib/progress.ts';
import { askBundle } from './askBundle.ts';
import { authorityOf, type JudgeContext, judgeFile } from './judgeFiles.ts';
import { judgeServed } from './judgeServed.ts';
import { type FileLook, lookAtFiles } from './lookAtFiles.ts';
import { requireMetricsFile, writeMetricsFile } from './metricsFile.ts';
import { metricsText } from './metricsText.ts';
import type { Watched } from './watched.ts';

export interface Monitored {
  /** Those in files first, then those that are served. */
  certificates: Watched[];
  /** Why no listener was asked; undefined where they were. */
  notAsked?: string;
  nowMs: number;
}

interface Options {
  /** Where the metrics go; nowhere where unset. */
  metricsFile?: string | undefined;
  progress: Pick<Progress, 'note'>;
  signal: AbortSignal;
}

/**
 * Looks at every certificate of a bundle, in its file and as it is served. Changes nothing but the metrics file. Throws
 * PreconditionError where there is no bundle, or where the metrics cannot be written, before anything is asked.
 */
export async function monitorCertificates(
  dir: BundleDir,
  { metricsFile, progress, signal }: Options,
): Promise<Monitored> {
  const settings = await requireBundle(dir);
  if (metricsFile !== undefined) await requireMetricsFile(metricsFile);
  const files = await readFiles(dir, settings.ORIGIN_TAG_APP ?? '', progress);
  const asked = await askBundle(dir, settings, signal);
  const nowMs = Date.now();
  const context: JudgeContext = {
    nowMs,
    publicName: settings.ORIGIN_PUBLIC_NAME,
    publicFile: files.find(({ holder }) => holder === 'public')?.path ?? '',
    authority: authorityOf(files),
  };
  const served = 'looks' in asked ? asked.looks : [];
  const certificates = [
    ...files.flatMap((look) => judgeFile(look, context)),
    ...served.flatMap((look) => judgeServed(look, files, context)),
  ];
  if (metricsFile !== undefined) await writeMetricsFile(metricsFile, metricsText(certificates, nowMs));
  return { certificates, nowMs, ...('why' in asked ? { notAsked: asked.why } : {}) };
}

/** By a container where this user may not read them all; where that cannot be, what he may read is all there is. */
async function readFiles(dir: BundleDir, tag: string, progress: Options['progress']): Promise<FileLook[]> {
  const input = { tree: await openTree(dir.secrets) };
  const own = await lookAtFiles(input);
  if (process.getuid?.() === 0 || !own.some(({ isDenied }) => isDenied)) return own;
  const failure = 'the certificates could not be looked at by a container';
  return await workByContainer<typeof input, FileLook[]>({
    program: 'lookAtCertificates',
    tag,
    input,
    failure,
  }).catch((error) => {
    if (!(error instanceof PreconditionError)) throw error;
    progress.note([error.message, error.why, error.next].filter(Boolean).join(': '));
    return own;
  });
}
