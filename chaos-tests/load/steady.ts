import type { IngestReply } from '@origin-stack/contract/ingest';
import exec from 'k6/execution';
import { type Mix, optionsOf } from './options.ts';
import { ingestNew, itemOf, listUploads, readCertificate, readUpload } from './requests.ts';
import { summaryOf } from './summary.ts';

const RATE = Number(__ENV.LOAD_RATE);
const KNOWN = 20;

const MIX: Mix = {
  ingest: { perSecond: RATE, p95Ms: 1000, patienceSeconds: 5 },
  read: { perSecond: Math.max(1, RATE / 4), p95Ms: 500, patienceSeconds: 5 },
};

/** Ingests at a set rate, and a read for every four of them. */
export const options = optionsOf(MIX);
export const handleSummary = summaryOf(MIX);

/** What is read. */
export const setup = (): Partial<IngestReply>[] =>
  Array.from({ length: KNOWN }, (_, number) =>
    ingestNew(itemOf(`load-${__ENV.LOAD_RUN}-known-${number}`, number)),
  );

export function ingest(): void {
  ingestNew();
}

export function read(known: Partial<IngestReply>[]): void {
  const number = exec.scenario.iterationInTest;
  const one = known[number % known.length] ?? {};
  if (number % 10 === 0) listUploads();
  else if (number % 2 === 0) readUpload(one);
  else readCertificate(one);
}
