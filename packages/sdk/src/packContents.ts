import type { CertificatePayload } from '@origin-stack/contract/certificates';
import { canonicalJson } from './canonicalJson.ts';
import type { JsonObject, JsonValue } from './jsonValue.ts';
import { type LedgerEventContent, parseLedgerEvent, type StoredLedgerEvent } from './ledgerEvent.ts';
import { type PackFiles, type PackManifest, packFileNames, readObject, readText } from './packFiles.ts';
import { hasExactly, parseCanonicalObject } from './parseCanonicalObject.ts';
import { sha256Hex } from './sha256Hex.ts';
import { verifyLedgerEvents } from './verifyLedgerEvents.ts';

/** Every file but the manifest and its signature is listed, in order, and nothing else. Throws otherwise. */
export function checkListing(files: PackFiles, manifest: PackManifest): string {
  const listed = manifest.files.map((file) => file.name);
  const present = [...files.keys()].filter((name) => name !== 'manifest.json' && name !== 'manifest.jws');
  const lost = listed.filter((name) => !present.includes(name));
  const unlisted = present.filter((name) => !listed.includes(name));
  if (lost.length > 0) throw new Error(`listed but not in the pack: ${lost.join(', ')}`);
  if (unlisted.length > 0) throw new Error(`in the pack but not listed: ${unlisted.join(', ')}`);
  if (listed.join('/') !== present.join('/')) throw new Error('the manifest is not sorted by name');
  const missing = packFileNames.filter((name) => !files.has(name));
  if (missing.length > 0) throw new Error(`missing: ${missing.join(', ')}`);
  return `${listed.length} files`;
}

/** Every listed file has the size and the SHA-256 of the manifest. Throws otherwise, with the names. */
export async function checkHashes(files: PackFiles, manifest: PackManifest): Promise<string> {
  const wrong: string[] = [];
  for (const { name, sha256, size_bytes } of manifest.files) {
    const bytes = files.get(name);
    if (bytes?.length !== size_bytes || (await sha256Hex(bytes)) !== sha256) wrong.push(name);
  }
  if (wrong.length > 0) throw new Error(`changed: ${wrong.join(', ')}`);
  return `${manifest.files.length} hashes and sizes`;
}

/** The certificate says what `decision.json` and the manifest say. Throws otherwise. */
export function checkDecision(
  files: PackFiles,
  manifest: PackManifest,
  certificate: CertificatePayload,
): string {
  const decision = readObject(files, 'decision.json');
  for (const name of ['certificate_id', 'upload_id', 'external_id', 'decision'] as const) {
    demandEqual(`${name} of decision.json`, decision[name], certificate[name]);
  }
  demandEqual('upload_id of manifest.json', manifest.upload_id, certificate.upload_id);
  demandEqual('certificate_id of manifest.json', manifest.certificate_id, certificate.certificate_id);
  return `${certificate.decision} for upload ${certificate.upload_id}`;
}

/** `inputs.json` is canonical text with the certified hash, and names the same content, policy and models. */
export async function checkInputs(files: PackFiles, certificate: CertificatePayload): Promise<string> {
  const text = readText(files, 'inputs.json');
  const inputs = parseCanonicalObject(text);
  if (inputs === null) throw new Error('inputs.json is not canonical text');
  demandEqual('the hash of inputs.json', await sha256Hex(text), certificate.inputs_sha256);
  const { policy, models } = certificate;
  const named = {
    content_sha256: certificate.content_sha256,
    policy: { id: policy.id, version: policy.version },
    models: { risk: versionOf(models.risk), anomaly: versionOf(models.anomaly) },
  };
  for (const [name, value] of Object.entries(named)) {
    demandEqual(`${name} of inputs.json`, inputs[name], value);
  }
  return certificate.inputs_sha256;
}

/** Each event's text has its hash, is of the tenant, and they are in order. Throws otherwise. */
export async function checkEvents(files: PackFiles, certificate: CertificatePayload): Promise<string> {
  const events = readEvents(files);
  let sequenceBefore = 0;
  for (const event of events) {
    const verdict = await verifyLedgerEvents({
      tenantId: certificate.tenant_id,
      events: [event],
      from: 'anywhere',
    });
    if (!verdict.valid) throw new Error(`event ${verdict.first_bad_sequence}: ${verdict.reason}`);
    const { sequence } = contentOf(event);
    if (sequence <= sequenceBefore) throw new Error(`event ${sequence} is out of order`);
    sequenceBefore = sequence;
  }
  return `${events.length} event(s)`;
}

/** One `decision.created` event proves this certificate, and `decision.json` names that event. */
export async function checkLedgerLink(
  files: PackFiles,
  certificate: CertificatePayload,
  jws: string,
): Promise<string> {
  const found = readEvents(files).filter((event) => contentOf(event).event_type === 'decision.created');
  const [event, second] = found;
  if (event === undefined || second !== undefined) throw new Error('not exactly one decision.created event');
  const { body, sequence, correlation_id } = contentOf(event);
  demandEqual('certificate_sha256 of the event', body.certificate_sha256, await sha256Hex(jws));
  // Of both versions, the event's body says what the certificate says.
  const { v: _, tenant_id: __, issued_at: ___, ...proven } = certificate;
  for (const [name, value] of Object.entries(proven)) demandEqual(`${name} of the event`, body[name], value);
  const reply = readObject(files, 'decision.json');
  demandEqual('ledger of decision.json', reply.ledger, { sequence, event_hash: event.event_hash });
  if (certificate.v === 2) {
    demandEqual('received_at of decision.json', reply.received_at, certificate.issued_at);
    demandEqual('correlation_id of decision.json', reply.correlation_id, correlation_id);
  }
  return `sequence ${sequence}`;
}

const versionOf = (model: string | { version: string }) =>
  typeof model === 'string' ? model : model.version;

function readEvents(files: PackFiles): StoredLedgerEvent[] {
  const { events } = readObject(files, 'ledger.json');
  if (!Array.isArray(events) || events.length === 0 || !events.every(isStored)) {
    throw new Error('ledger.json holds no list of events');
  }
  return events;
}

function isStored(event: JsonValue): event is JsonObject & StoredLedgerEvent {
  return (
    hasExactly(event, ['canonical_event_json', 'event_hash']) &&
    typeof event.canonical_event_json === 'string' &&
    typeof event.event_hash === 'string'
  );
}

function contentOf(event: StoredLedgerEvent): LedgerEventContent {
  const content = parseLedgerEvent(event.canonical_event_json);
  if (content === null) throw new Error('ledger.json holds a text that is not an event');
  return content;
}

function demandEqual(what: string, found: JsonValue | undefined, wanted: JsonValue): void {
  if (found === undefined || canonicalJson(found) !== canonicalJson(wanted)) {
    throw new Error(
      `${what} is ${found === undefined ? 'missing' : canonicalJson(found)}, not ${canonicalJson(wanted)}`,
    );
  }
}
