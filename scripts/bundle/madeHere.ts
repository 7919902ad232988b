import type { X509Certificate } from 'node:crypto';
import { BACKDATE_MS, type KeyPair, selfSigned } from './certificates.ts';
import { isSelfSigned } from './isSelfSigned.ts';

const DAY_MS = 86_400_000;
/** Browsers refuse more than 398 days. */
const DAYS = 365;
/** Also how long those live that were made before. */
const LIVES = [DAYS, 397];
/** With less than this left it is time for another public certificate. */
export const SOON_DAYS = 30;

/** A public certificate of our own, until the operator brings his. */
export const makeHere = (name: string): Promise<KeyPair> => selfSigned(name, DAYS);

/** Whether a certificate is of `makeHere`: one that an operator signed himself is not backdated by just as much. */
export function isMadeHere(leaf: X509Certificate): boolean {
  const lifeMs = leaf.validToDate.getTime() - leaf.validFromDate.getTime();
  const ours = LIVES.map((days) => (days * DAY_MS) / BACKDATE_MS + 1);
  // Its times are in whole seconds.
  return isSelfSigned(leaf) && ours.includes(Math.round(lifeMs / BACKDATE_MS));
}

/** Whether it is over, or soon will be. */
export const isEnding = (leaf: X509Certificate, nowMs: number): boolean =>
  leaf.validToDate.getTime() - nowMs < SOON_DAYS * DAY_MS;

/** Whether the next `./stack up` makes another in its place. */
export const isRemade = (leaf: X509Certificate, nowMs: number): boolean =>
  isMadeHere(leaf) && isEnding(leaf, nowMs);
