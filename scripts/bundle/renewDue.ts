import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Identity } from './identities.ts';

/** With this part of its life left, or less, a certificate is renewed. */
const RENEW_AT = 1 / 3;

/** So long before its end the authority, which nobody renews, is worth a warning: all that it signed changes with it. */
const AUTHORITY_WARN_MS = 365 * 86_400_000;

/** Why a certificate is to be renewed. */
export interface Due {
  why: string;
  /** False where it does not serve any more, or never did. */
  isUsable: boolean;
}

const broken = (why: string): Due => ({ why, isUsable: false });

/** What lies on the disk, as PEM; undefined where it is missing. */
export interface PairOnDisk {
  certificate: string | undefined;
  key: string | undefined;
}

/** Whose certificates are in force, and when. */
export interface DueContext {
  authority: X509Certificate;
  nowMs: number;
}

/**
 * Why a pair is to be renewed, or undefined where it is well: it is a third of its life from its end, or it cannot be
 * used as it is. A certificate with another key is what a renewal leaves that was killed between its two renames.
 */
export function whyDue(
  { certificate, key }: PairOnDisk,
  identity: Identity,
  { authority, nowMs }: DueContext,
): Due | undefined {
  if (certificate === undefined || key === undefined) return broken('a part of it is missing');
  const leaf = parseCertificate(certificate);
  const privateKey = parse(() => createPrivateKey(key));
  if (!leaf || !privateKey) return broken('it cannot be read');
  if (!leaf.checkPrivateKey(privateKey)) return broken('its key is of another certificate');
  const stranger = whyNotOf(leaf, identity, authority);
  return stranger === undefined ? whyInTime(leaf, nowMs) : broken(stranger);
}

/** Why a certificate cannot be an identity's, whatever the time; undefined where it can. */
export function whyNotOf(
  leaf: X509Certificate,
  { commonName, dnsNames }: Pick<Identity, 'commonName' | 'dnsNames'>,
  authority: X509Certificate,
): string | undefined {
  if (!leaf.verify(authority.publicKey)) return 'it is not by the internal authority';
  if (leaf.subject !== `CN=${commonName}`) return `it names ${leaf.subject}, not CN=${commonName}`;
  const unnamed = dnsNames.find((name) => leaf.checkHost(name) === undefined);
  return unnamed === undefined ? undefined : `it does not name ${unnamed}`;
}

function whyInTime(leaf: X509Certificate, nowMs: number): Due | undefined {
  const lifeMs = leaf.validToDate.getTime() - leaf.validFromDate.getTime();
  return ending(leaf, { nowMs, warnMs: lifeMs * RENEW_AT });
}

/** Whether the authority itself is over, or will be within a year. */
export const whyAuthorityEnds = (authority: X509Certificate, nowMs: number): Due | undefined =>
  ending(authority, { nowMs, warnMs: AUTHORITY_WARN_MS });

function ending(
  { validFromDate: from, validToDate: to }: X509Certificate,
  { nowMs, warnMs }: { nowMs: number; warnMs: number },
): Due | undefined {
  const day = to.toISOString().slice(0, 10);
  const leftMs = to.getTime() - nowMs;
  if (leftMs < 0) return broken(`it ended on ${day}`);
  if (nowMs < from.getTime()) return broken(`it is not valid before ${from.toISOString()}`);
  return leftMs <= warnMs ? { why: `it ends on ${day}`, isUsable: true } : undefined;
}

/** Undefined for what is none, or is missing. */
export const parseCertificate = (pem: string | undefined): X509Certificate | undefined =>
  parse(() => new X509Certificate(pem ?? ''));

function parse<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
