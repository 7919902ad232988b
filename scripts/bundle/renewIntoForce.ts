import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from '../lib/progress.ts';
import { redact } from '../lib/redact.ts';
import { docker } from './compose.ts';
import type { ServingState } from './renewSurvey.ts';
import { servedSerials } from './servedSerials.ts';

const LOOK_EVERY_MS = 500;
/** The API and the worker look every 30 seconds. */
const DEADLINE_MS = 75_000;

/**
 * Makes a listener serve the certificate of this serial without a restart, and waits until each of its ports does. Returns
 * why it does not, or undefined.
 */
export async function takeIntoForce(
  { service, container, reload, ifRefused, ...serving }: ServingState,
  serial: string,
  { progress, signal }: { progress: Progress; signal: AbortSignal },
): Promise<string | undefined> {
  const step = progress.step(service);
  const refuse = (why: string) => {
    step.fail(why);
    return why;
  };
  for (const program of reload) {
    const { code, stdout, stderr } = await docker(['exec', container.id, ...program], { signal });
    const said = redact(`${stdout}${stderr}`.trim().split('\n').slice(-2).join('; '));
    if (code !== 0) return refuse([said || `exit ${code}`, ifRefused].filter(Boolean).join('\n  next: '));
  }
  const endMs = performance.now() + DEADLINE_MS;
  if (reload.length === 0) step.update('waiting until it looks');
  for (;;) {
    const served = await servedSerials(container, serving);
    if (served.every((one) => one === serial)) break;
    if (performance.now() > endMs) {
      const answers = served.every((one) => one !== undefined);
      return refuse(answers ? 'it serves another certificate still' : 'nobody answers by TLS');
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
  step.done(`serves ${shortSerial(serial)}`);
  return undefined;
}

/** Enough to tell certificates apart by eye. */
export const shortSerial = (serial: string): string => serial.slice(0, 8).toLowerCase();
