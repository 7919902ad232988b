import { randomUUID } from 'node:crypto';
import type { BundleDir } from '../bundle/bundleDir.ts';
import type { BundleSettings } from '../bundle/bundleSettings.ts';
import { composeArgv, type DockerResult, docker } from '../bundle/compose.ts';
import { tagSetting } from '../bundle/pinnedImages.ts';
import { imageReference } from '../images/hashInputs.ts';
import { CommandError } from '../lib/commandErrors.ts';
import type { Step } from '../lib/progress.ts';
import { redact } from '../lib/redact.ts';
import { collectWords, type Word } from './k6Words.ts';
import type { LoadProfile } from './profiles.ts';
import { type LoadSummary, type RunProgress, readProgress, readSummary } from './readSummary.ts';
import { type CpuUse, type TimelinePoint, watchRun } from './watchRun.ts';

/** Besides the load itself: the container's start, what is prepared, and what is under way at the end (30 s). */
const AROUND_MS = 120_000;
const SAY_EVERY_SECONDS = 5;
/** https://github.com/grafana/k6/blob/v1.8.1/errext/exitcodes/codes.go */
const EXIT_CROSSED = 99;

export interface K6Run {
  summary: LoadSummary;
  timeline: TimelinePoint[];
  cpu: CpuUse | null;
  /** What k6 warned of, the most frequent first. */
  words: Word[];
}

interface RunOptions {
  settings: BundleSettings;
  profile: LoadProfile;
  key: string;
  /** PEM; nobody else is trusted. */
  certificates: string;
  step: Step;
  signal: AbortSignal;
}

/**
 * Runs a load script in a container of the bundle, and gives what it says at its end. Afterwards the container is gone,
 * whatever comes of it. Throws CommandError where the script did not come to its end.
 */
export async function runK6(dir: BundleDir, options: RunOptions): Promise<K6Run> {
  const { settings, profile, key, certificates, step, signal } = options;
  const name = `${settings.COMPOSE_PROJECT_NAME}-k6`;
  const watch = watchRun(settings.COMPOSE_PROJECT_NAME);
  const words = collectWords();
  let summary: LoadSummary | undefined;
  const onOutput = (line: string) => {
    summary ??= readSummary(line);
    const progress = readProgress(line);
    if (!progress) return;
    watch.look(progress);
    show(step, progress, profile);
  };
  const deadline = AbortSignal.timeout(profile.durationSeconds * 1000 + AROUND_MS);
  // One that a killed run left.
  await remove(name);
  let ended: DockerResult;
  try {
    const image = await imageReference('k6');
    ended = await docker(runArgv(dir, name, profile), {
      // Built from this checkout when it is used; an installation pins what always runs.
      env: { [tagSetting('k6')]: image.replace(/^.*:/, '') },
      input: `${key.trim()}\n${certificates}`,
      signal: AbortSignal.any([signal, deadline]),
      onOutput,
      onLine: words.take,
    });
  } catch (error) {
    if (!deadline.aborted || signal.aborted) throw error;
    throw new CommandError({ what: 'the load did not end in time', next: './stack status' });
  } finally {
    await remove(name);
  }
  if (!summary || (ended.code !== 0 && ended.code !== EXIT_CROSSED)) throw didNotEnd(ended);
  return { summary, words: words.all(), ...(await watch.end()) };
}

const remove = (name: string) => docker(['rm', '--force', '--volumes', name]);

function runArgv(dir: BundleDir, name: string, profile: LoadProfile): string[] {
  const told = {
    LOAD_RUN: randomUUID().slice(0, 8),
    LOAD_DURATION: profile.durationSeconds,
    ...(profile.perSecond === null ? {} : { LOAD_RATE: profile.perSecond }),
  };
  const settings = Object.entries(told).flatMap(([setting, value]) => ['--env', `${setting}=${value}`]);
  return composeArgv(dir, 'run', '--rm', '-T', '--name', name, ...settings, 'k6', profile.name);
}

function show(step: Step, { second, callers, finished }: RunProgress, profile: LoadProfile): void {
  if (Math.round(second) % SAY_EVERY_SECONDS !== 0) return;
  const of = profile.durationSeconds;
  const time = second > of ? 'the last answers' : `${Math.round(second)} of ${of} s`;
  const words = `${time}, ${finished} finished, ${callers} callers at work`;
  step.update(words, second / of);
}

function didNotEnd({ code, stdout, stderr }: DockerResult): CommandError {
  const lines = `${stdout}\n${stderr}`
    .split('\n')
    .filter((line) => /"level":"(error|fatal)"|rror/.test(line));
  return new CommandError({
    what: `the load did not come to its end (k6: exit ${code})`,
    why: lines.slice(-5).map(redact).join('\n') || 'k6 said nothing',
    next: './stack status',
  });
}
