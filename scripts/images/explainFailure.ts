import { lastLines } from '../engine/runTool.ts';

const SHOWN_LINES = 15;

/** What apt, dpkg, tar, npm, pip, Go and the engine say where there is no room. */
const FULL = /no space left on device|have enough free space|ENOSPC|disk quota exceeded/i;

const AWAY = new RegExp(
  'temporary failure (in name resolution|resolving)|could not resolve|no such host|network is unreachable|' +
    'ENOTFOUND|EAI_AGAIN|ETIMEDOUT|failed to fetch|connection (timed out|refused)',
  'i',
);

/** Why a build failed: the two ordinary causes in one line, else the last lines of the step that failed. */
export function explainFailure(output: string): string {
  if (FULL.test(output)) return 'the disk is full: see df -h and docker system df';
  const away = output.split('\n').find((line) => AWAY.test(line));
  if (away) return `there is no way to the network: ${away.replace(/^#\d+ [\d.]+ /, '').trim()}`;
  return `\n${lastLines(stepThatFailed(output) ?? output, SHOWN_LINES)}`;
}

/** BuildKit repeats it between two lines of dashes, before the Dockerfile's own lines. */
function stepThatFailed(output: string): string | undefined {
  return /^------\n > \[[\s\S]*?:\n([\s\S]*?)^------$/m.exec(output)?.[1];
}
