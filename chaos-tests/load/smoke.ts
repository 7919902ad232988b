import type { Jwks } from '@origin-stack/contract/certificates';
import type { IngestReply } from '@origin-stack/contract/ingest';
import { check } from 'k6';
import exec from 'k6/execution';
import { ask } from './ask.ts';
import { type Mix, optionsOf } from './options.ts';
import { packAndDownload } from './pack.ts';
import { ingestNew, itemOf, listUploads, newItem, readCertificate, readUpload } from './requests.ts';
import { summaryOf } from './summary.ts';

/** Whether everything works is the question here; how fast it is under load is `steady`'s. */
const P95_MS = 1_000;

const MIX: Mix = {
  ingest: { perSecond: 2, p95Ms: P95_MS, patienceSeconds: 8 },
  repeat: { perSecond: 1, p95Ms: P95_MS, patienceSeconds: 8 },
  read: { perSecond: 1, p95Ms: P95_MS, patienceSeconds: 8 },
  certificate: { perSecond: 1, p95Ms: P95_MS, patienceSeconds: 8 },
  pack: { perSecond: 0.5, p95Ms: P95_MS, wholeP95Ms: 30_000, patienceSeconds: 30 },
  refused: { perSecond: 1, p95Ms: P95_MS, patienceSeconds: 8 },
};

/** Every kind of request, about once a second. */
export const options = optionsOf(MIX);
export const handleSummary = summaryOf(MIX);

interface Known {
  item: ReturnType<typeof itemOf>;
  reply: Partial<IngestReply>;
}

/** What the others read. */
export function setup(): Known {
  const item = itemOf(`load-${__ENV.LOAD_RUN}-known`, 0);
  return { item, reply: ingestNew(item) };
}

export function ingest(): void {
  ingestNew();
}

export function repeat({ item, reply }: Known): void {
  const again = ask<IngestReply>({
    name: 'repeat an ingest',
    method: 'POST',
    path: '/v1/ingest',
    body: item,
    expect: 200,
  });
  check(again, {
    'repetition: the same body is answered with 200': ({ status }) => status === 200,
    'repetition: nothing was decided anew': ({ body }) =>
      body.upload_id === reply.upload_id && body.ledger?.sequence === reply.ledger?.sequence,
  });
}

export function read({ reply }: Known): void {
  readUpload(reply);
  listUploads();
}

export function certificate({ reply }: Known): void {
  readCertificate(reply);
  const { body } = ask<Jwks>({
    name: 'read the public keys',
    method: 'GET',
    path: '/.well-known/jwks.json',
    expect: 200,
    isAnonymous: true,
  });
  check(body, { 'certificate: its public keys are shown': () => (body.keys ?? []).length > 0 });
}

export function pack({ reply }: Known): void {
  packAndDownload(reply.upload_id);
}

const NOBODY = '01890000-0000-7000-8000-000000000000';

/** Each must be refused, with its status and its code. No wrong key is among them: those count against the caller's address. */
const REFUSALS = [
  { name: 'no key', method: 'GET', path: '/v1/whoami', status: 401, isAnonymous: true },
  { name: 'no JSON', method: 'POST', path: '/v1/ingest', body: '{"external_id":', status: 400 },
  { name: 'no content', method: 'POST', path: '/v1/ingest', body: { external_id: 'x' }, status: 400 },
  { name: 'no such upload', method: 'GET', path: `/v1/uploads/${NOBODY}`, status: 404 },
  { name: 'no such method', method: 'PUT', path: '/v1/ingest', body: {}, status: 405 },
  { name: 'another body', method: 'POST', path: '/v1/ingest', status: 409 },
] as const;

export function refused({ item }: Known): void {
  const refusal = REFUSALS[exec.scenario.iterationInTest % REFUSALS.length] ?? REFUSALS[0];
  const { name, method, path, status } = refusal;
  const other = { ...newItem(), external_id: item.external_id };
  const body = 'body' in refusal ? refusal.body : status === 409 ? other : undefined;
  const answer = ask<{ error: string; status: number }>({
    name: `refused: ${name}`,
    method,
    path,
    ...(body === undefined ? {} : { body }),
    expect: status,
    isAnonymous: 'isAnonymous' in refusal,
  });
  check(answer, {
    [`refused: ${name} is answered with ${status}, as a problem with a code`]: () =>
      answer.status === status && answer.body.status === status && typeof answer.body.error === 'string',
  });
}
