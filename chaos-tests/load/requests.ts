import type { Certificate } from '@origin-stack/contract/certificates';
import type { IngestReply, IngestRequest, Upload } from '@origin-stack/contract/ingest';
import { check } from 'k6';
import exec from 'k6/execution';
import { ask } from './ask.ts';

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** Each caller asks one thing after the other, so the events of its own items come in order. */
let lastSequence = 0;

/** A new item each time; 500 accounts and 200 devices. */
export function newItem(): IngestRequest {
  const { name, iterationInTest: number } = exec.scenario;
  const externalId = `load-${__ENV.LOAD_RUN}-${name}-${number}`;
  return itemOf(externalId, number);
}

export const itemOf = (externalId: string, number: number): IngestRequest => ({
  external_id: externalId,
  account: { external_id: `load-account-${number % 500}`, created_at: '2025-06-01T00:00:00Z' },
  device: { external_id: `load-device-${number % 200}` },
  content: { text: `content of ${externalId}`, media_type: 'text/plain' },
});

export function ingestNew(item: IngestRequest = newItem()): Partial<IngestReply> {
  const { status, body } = ask<IngestReply>({
    name: 'ingest',
    method: 'POST',
    path: '/v1/ingest',
    body: item,
    expect: 201,
  });
  const sequence = body.ledger?.sequence ?? 0;
  check(body, {
    'ingest: a new item is answered with 201': () => status === 201,
    'ingest: the reply is about the item that was sent': () => body.external_id === item.external_id,
    'ingest: the decision has a certificate': () => ID.test(body.certificate_id ?? ''),
    "ingest: the sequence of a caller's events rises": () => sequence > lastSequence,
  });
  lastSequence = Math.max(lastSequence, sequence);
  return body;
}

export function readUpload(known: Partial<IngestReply>): void {
  const path = `/v1/uploads/${known.upload_id}`;
  const { status, body } = ask<Upload>({ name: 'read an upload', method: 'GET', path, expect: 200 });
  check(body, {
    'upload: it is read with 200': () => status === 200,
    'upload: it has the decision and the event that its caller was told': () =>
      body.decision === known.decision && body.ledger?.event_hash === known.ledger?.event_hash,
  });
}

export function listUploads(): void {
  const { status, body } = ask<{ items: Upload[] }>({
    name: 'list uploads',
    method: 'GET',
    path: '/v1/uploads?limit=20',
    expect: 200,
  });
  check(body, {
    'uploads: a page is read with 200': () => status === 200,
    'uploads: the page is not empty': () => (body.items ?? []).length > 0,
  });
}

export function readCertificate(known: Partial<IngestReply>): void {
  const path = `/v1/certificates/${known.certificate_id}`;
  const { status, body } = ask<Certificate>({ name: 'read a certificate', method: 'GET', path, expect: 200 });
  check(body, {
    'certificate: it is read with 200': () => status === 200,
    'certificate: it is a PS256 signature over the decision': () =>
      body.alg === 'PS256' &&
      body.payload?.upload_id === known.upload_id &&
      body.payload?.decision === known.decision,
  });
}
