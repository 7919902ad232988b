import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandContext, Flags } from '../../lib/command.ts';
import { CommandError } from '../../lib/commandErrors.ts';
import { askListener, type KeyListener } from './askListeners.ts';
import type { Rotation } from './keyRotation.ts';
import type { ServiceName } from './serviceKeys.ts';

/** The longest that a caller takes between reading its key and presenting it: Prometheus' scrapes end after 10 s. */
const SILENCE_MS = 15_000;
const DEADLINE_MS = 90_000;
const LOOK_EVERY_MS = 1_000;
const GO_ON = './stack rotate-api-key --force, which goes on from here';

/** An old key that was still used when nobody waited any longer: its holder has a copy. */
export interface UsedElsewhere {
  service: ServiceName;
  /** RFC 3339. */
  lastUsedAt: string;
}

interface Callers {
  listeners: KeyListener[];
  rotations: Rotation[];
}

/**
 * Waits until no listener saw an old key for longer than a request takes, and every caller that calls without a pause was
 * seen with its new one; at most 90 s. Says whose old key is used by somebody else. Throws CommandError, with both keys valid,
 * where such a caller was not seen with its new one.
 */
export async function untilCallersChanged(
  callers: Callers,
  { progress, signal }: Pick<CommandContext<Flags>, 'progress' | 'signal'>,
): Promise<UsedElsewhere[]> {
  if (callers.listeners.length === 0) return [];
  const step = progress.step('callers change to their new keys');
  const startMs = Date.now();
  for (;;) {
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch((error: unknown) => {
      step.fail(`interrupted: the old key and the new one both stay valid; ${GO_ON}`);
      throw error;
    });
    const uses = await lastUses(callers);
    const nowMs = Date.now();
    const late = uses.filter(({ callsAlways, isFreshUsed }) => callsAlways && !isFreshUsed);
    const noisy = uses.filter(({ oldUseMs }) => nowMs - Math.max(oldUseMs, startMs) < SILENCE_MS);
    if (late.length === 0 && noisy.length === 0) {
      step.done();
      return [];
    }
    step.update([...new Set([...late, ...noisy].map(({ service }) => service))].join(', '));
    if (nowMs - startMs < DEADLINE_MS) continue;
    if (late.length > 0) {
      step.fail('old and new keys stay valid');
      throw notSeen(late.map(({ service }) => service));
    }
    step.done('an old key is used elsewhere');
    return noisy.map(({ service, oldUseMs }) => ({ service, lastUsedAt: new Date(oldUseMs).toISOString() }));
  }
}

const notSeen = (services: ServiceName[]) =>
  new CommandError({
    what: `${services.join(', ')} did not change to the new key`,
    why: 'it calls without a pause, and was not seen with it; its old key and the new one both stay valid',
    next: `./stack logs ${services[0]}; then ${GO_ON}`,
  });

async function lastUses({ listeners, rotations }: Callers) {
  const keys = rotations.flatMap(({ fresh, old }) => [fresh.key, old?.key ?? '']);
  const answers = await Promise.all(listeners.map((listener) => askListener(listener, keys)));
  return rotations.map(({ service, callsAlways }, index) => ({
    service,
    callsAlways,
    isFreshUsed: answers.every((verdicts) => verdicts[2 * index]?.last_used_at != null),
    oldUseMs: Math.max(
      0,
      ...answers.map((verdicts) => Date.parse(verdicts[2 * index + 1]?.last_used_at ?? '') || 0),
    ),
  }));
}
