import type { CommandContext, Flags } from '../../lib/command.ts';
import { CommandError } from '../../lib/commandErrors.ts';
import type { BundleDir } from '../bundleDir.ts';
import { askListener, type KeyListener, lookWhoRuns } from './askListeners.ts';
import { changeKeys } from './changeKeys.ts';
import { generateKeys } from './generateKeys.ts';
import { appendKeyEvents } from './keyAudit.ts';
import type { KeyState } from './keyFiles.ts';
import { eventOf, isPromoted, type Rotation, rotationOf } from './keyRotation.ts';
import { isUnfinished, isUnlisted, requireKeys, stateOf } from './keyState.ts';
import { requireRoom } from './requireRoom.ts';
import type { ServiceName } from './serviceKeys.ts';
import { type UsedElsewhere, untilCallersChanged } from './untilCallersChanged.ts';

export interface Rotated {
  rotations: Rotation[];
  /** Services whose rotation an earlier run had begun. */
  resumed: ServiceName[];
  /** Where old and new keys were tried. */
  listeners: string[];
  usedElsewhere: UsedElsewhere[];
}

type Context = Pick<CommandContext<Flags>, 'progress' | 'signal'>;

/**
 * Rotates the keys of services: the listeners take old and new ones until every caller was seen to have changed, so that no
 * request fails. What an earlier run left, wherever it was killed, is finished by this one, and is that service's rotation.
 * The caller holds the bundle's lock. An error says whether nothing changed or both keys stay valid; this again goes on there.
 */
export async function rotateKeys(
  dir: BundleDir,
  services: ServiceName[],
  { progress, signal }: Context,
): Promise<Rotated> {
  await appendKeyEvents(dir, []);
  await requireRoom(dir.secrets, dir.audit);
  const before = await listedKeys(dir);
  requireKeys(before, services);
  const resumed = before.filter(isUnfinished).map(({ service }) => service);
  const { listeners, running } = await lookWhoRuns(dir);
  const all = [...new Set([...services, ...resumed])];
  const toStage = all.filter((service) => !isPromoted(stateOf(before, service)));
  const staged = await stage(dir, toStage);
  const rotations = all.map((service) => {
    const rotation = rotationOf(stateOf(staged, service));
    return { ...rotation, callsAlways: rotation.callsAlways && running.includes(service) };
  });
  await takeNewKeys(dir, { listeners, rotations }, { progress, signal });
  await changeKeys(dir, 'promote');
  const usedElsewhere = await untilCallersChanged({ listeners, rotations }, { progress, signal });
  // While the lists still have the old keys: a run that is cut short here is one that the next one finishes.
  const events = rotations.map((one) => eventOf(one, 'ok'));
  await appendKeyEvents(dir, events);
  await changeKeys(dir, 'settle');
  await requireSettled(listeners, rotations);
  return { rotations, resumed, listeners: listeners.map(({ service }) => service), usedElsewhere };
}

/** The keys as they lie. One that opens nothing is no rotation that was begun: what made it, or put it back, is ended first. */
async function listedKeys(dir: BundleDir): Promise<KeyState[]> {
  const found = await changeKeys(dir, 'look');
  const unlisted = found.filter(isUnlisted).map(({ service }) => service);
  if (unlisted.length === 0) return found;
  await generateKeys(dir, unlisted);
  return await changeKeys(dir, 'look');
}

/** Puts new keys beside the old ones, of all of these services or of none. */
async function stage(dir: BundleDir, services: ServiceName[]): Promise<KeyState[]> {
  try {
    return await changeKeys(dir, 'stage', services);
  } catch (error) {
    // What cannot be taken away either opens no more than the old key does, and the next run finishes it.
    await changeKeys(dir, 'undo').catch(() => {});
    throw error;
  }
}

interface Work {
  listeners: KeyListener[];
  rotations: Rotation[];
}

/** Sees that every listener takes the new keys too; where one does not, those that wait go. What was promoted stays valid. */
async function takeNewKeys(dir: BundleDir, work: Work, { progress, signal }: Context): Promise<void> {
  const step = progress.step('the listeners take old and new keys');
  try {
    await requireAccepted(work);
    signal.throwIfAborted();
  } catch (error) {
    await changeKeys(dir, 'undo');
    const undone = work.rotations.filter(({ old }) => old !== undefined);
    const events = undone.map((one) => eventOf(one, 'failed'));
    await appendKeyEvents(dir, events);
    const isPartly = undone.length < work.rotations.length;
    step.fail(isPartly ? 'what an earlier run began stays as it was' : 'nothing was changed');
    throw error;
  }
  const names = work.listeners.map(({ service }) => service);
  step.done(names.join(', ') || 'none runs: the files alone change');
}

async function requireAccepted({ listeners, rotations }: Work): Promise<void> {
  const keys = rotations.map(({ fresh }) => fresh.key);
  for (const listener of listeners) {
    const verdicts = await askListener(listener, keys);
    const refused = rotations.filter((one, index) => verdicts[index]?.service !== one.service);
    if (refused.length > 0) throw wrongList(listener, 'does not take the new key of', refused);
  }
}

/** The new keys count and the old ones do not. */
async function requireSettled(listeners: KeyListener[], rotations: Rotation[]): Promise<void> {
  await requireAccepted({ listeners, rotations });
  const keys = rotations.map(({ old }) => old?.key ?? '');
  for (const listener of listeners) {
    const verdicts = await askListener(listener, keys);
    const taken = rotations.filter((_, index) => verdicts[index] !== undefined);
    if (taken.length > 0) throw wrongList(listener, 'still takes the old key of', taken);
  }
}

const wrongList = ({ service }: KeyListener, does: string, rotations: Rotation[]) =>
  new CommandError({
    what: `${service} ${does} ${rotations.map((one) => one.service).join(', ')}`,
    why: 'it does not read the digest list that was written',
    next: './stack doctor, then this again',
  });
