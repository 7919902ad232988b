import type { CertificatePayload } from '@origin-stack/contract/certificates';
import { notCoveredBy, type UncoveredFact } from './certificatePayload.ts';
import type { PublicJwks } from './jwk.ts';
import {
  checkDecision,
  checkEvents,
  checkHashes,
  checkInputs,
  checkLedgerLink,
  checkListing,
} from './packContents.ts';
import { checkDecidedAgain, checkOutcome, readDecider } from './packDecision.ts';
import { fileOf, type PackFiles, type PackManifest, readManifest, readText } from './packFiles.ts';
import { isPinned, type PackPin, packKeys } from './packSigner.ts';
import { readStoredZip, type ZipBounds } from './readStoredZip.ts';
import { verifyCertificate } from './verifyCertificate.ts';
import { verifyJws } from './verifyJws.ts';

/** `pack.zip`, and what the verifier trusts: `jwks`, or the thumbprint(s) of the signing keys, or neither. */
export type VerifyPackInput = PackPin & { zip: Uint8Array; bounds?: ZipBounds };

/** One thing that was looked at; `detail` is for people. */
export type PackCheck = { name: PackCheckName; ok: boolean; detail: string };

/** The checks in their order; the last three are made for certificates of version 2 and later. */
export type PackCheckName =
  | 'archive'
  | 'manifest'
  | 'keys'
  | 'manifest_signature'
  | 'files_listed'
  | 'files_unchanged'
  | 'certificate_signature'
  | 'certificate_decision'
  | 'certificate_inputs'
  | 'ledger_events'
  | 'ledger_certificate'
  | 'certificate_outcome'
  | 'certificate_policy_and_models'
  | 'decided_again';

/**
 * `ok`: every check passed. `signerChecked`: both signatures are by keys that the verifier pinned; without
 * it `ok` says only that the pack is consistent, which anybody can make. `notCovered`: what the pack shows and its
 * certificate does not prove; nothing from version 2 of certificates on.
 */
export type PackVerdict = {
  ok: boolean;
  signerChecked: boolean;
  checks: PackCheck[];
  manifest: PackManifest | null;
  certificate: CertificatePayload | null;
  notCovered: UncoveredFact[];
};

/**
 * Verifies an evidence pack offline. No key is trusted because the pack brought it. Never throws for what is
 * in the pack: the checks say what is wrong, and those that need what failed before are not made.
 */
export async function verifyPack(input: VerifyPackInput): Promise<PackVerdict> {
  const checks: PackCheck[] = [];
  const found: { manifest: PackManifest | null; certificate: CertificatePayload | null } = {
    manifest: null,
    certificate: null,
  };
  try {
    await runChecks(input, checks, found);
  } catch (error) {
    if (!(error instanceof FailedCheck)) throw error;
  }
  const ok = checks.every((check) => check.ok);
  const notCovered = found.certificate ? notCoveredBy(found.certificate) : [];
  return { ok, signerChecked: ok && isPinned(input), checks, ...found, notCovered };
}

/** Ends the checks after one that others build on. */
class FailedCheck extends Error {}

async function runChecks(
  input: VerifyPackInput,
  checks: PackCheck[],
  found: { manifest: PackManifest | null; certificate: CertificatePayload | null },
): Promise<void> {
  const look = async <Value>(
    name: PackCheckName,
    run: () => Value | Promise<Value>,
    say: (value: Value) => string,
  ) => {
    try {
      const value = await run();
      checks.push({ name, ok: true, detail: say(value) });
      return { value };
    } catch (error) {
      checks.push({ name, ok: false, detail: error instanceof Error ? error.message : String(error) });
      return null;
    }
  };
  const need = async <Value>(
    name: PackCheckName,
    run: () => Value | Promise<Value>,
    say: (value: Value) => string,
  ) => {
    const result = await look(name, run, say);
    if (result === null) throw new FailedCheck(name);
    return result.value;
  };
  const asIs = (detail: string) => detail;

  const files = await need(
    'archive',
    () => readFiles(input),
    (read) => `${read.size} stored entries`,
  );
  const manifest = await need(
    'manifest',
    () => readManifest(files),
    (read) => `pack ${read.pack_id}`,
  );
  found.manifest = manifest;
  const jwks = await need(
    'keys',
    () => packKeys(files, input),
    (read) => sayKeys(read, input),
  );
  await look(
    'manifest_signature',
    () => checkManifestSignature(files, jwks),
    (kid) => `by key ${kid}`,
  );
  await look('files_listed', () => checkListing(files, manifest), asIs);
  await look('files_unchanged', () => checkHashes(files, manifest), asIs);
  const jws = () => readText(files, 'certificate.jws');
  const { payload: certificate } = await need(
    'certificate_signature',
    () => verifyCertificate({ jws: jws(), jwks }),
    ({ kid }) => `by key ${kid}`,
  );
  found.certificate = certificate;
  await look('certificate_decision', () => checkDecision(files, manifest, certificate), asIs);
  await look('certificate_inputs', () => checkInputs(files, certificate), asIs);
  await look('ledger_events', () => checkEvents(files, certificate), asIs);
  await look('ledger_certificate', () => checkLedgerLink(files, certificate, jws()), asIs);
  if (certificate.v === 1) return;
  await look('certificate_outcome', () => checkOutcome(files, certificate), asIs);
  const decider = await need(
    'certificate_policy_and_models',
    () => readDecider(files, certificate),
    ({ risk, anomaly }) => `policy, ${risk.artifact.version}, ${anomaly.artifact.version}`,
  );
  await look('decided_again', () => checkDecidedAgain(files, decider), asIs);
}

function readFiles({ zip, bounds }: VerifyPackInput): PackFiles {
  return new Map(readStoredZip(zip, bounds).map((entry) => [entry.name, entry.bytes]));
}

function sayKeys(jwks: PublicJwks, pin: PackPin): string {
  const from = isPinned(pin) ? 'pinned' : "the pack's own, trusted by nobody";
  return `${jwks.keys.length} key(s), ${from}`;
}

async function checkManifestSignature(files: PackFiles, jwks: PublicJwks): Promise<string> {
  const jws = readText(files, 'manifest.jws');
  const { kid, payload } = await verifyJws({ jws, jwks, typ: 'origin-manifest+jws' });
  const manifest = fileOf(files, 'manifest.json');
  if (payload.length !== manifest.length || !payload.every((byte, index) => byte === manifest[index])) {
    throw new Error('manifest.jws signs other bytes than manifest.json');
  }
  return kid;
}
