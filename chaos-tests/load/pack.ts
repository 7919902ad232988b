import type { EvidenceDownload, EvidencePack, EvidencePackAccepted } from '@origin-stack/contract/evidence';
import { check, sleep } from 'k6';
import { sha256 } from 'k6/crypto';
import { ask, download } from './ask.ts';

const POLL_SECONDS = 0.25;
const POLLS = 120;

/** Asks for an evidence pack, waits until the worker has built it, and downloads it by its presigned URL. */
export function packAndDownload(uploadId: string | undefined): void {
  const asked = ask<EvidencePackAccepted>({
    name: 'ask for a pack',
    method: 'POST',
    path: '/v1/evidence-packs',
    body: { upload_id: uploadId },
    expect: 202,
  });
  const path = `/v1/evidence-packs/${asked.body.id}`;
  const status = waitForPack(path);
  const links = ask<EvidenceDownload>({
    name: 'ask for its links',
    method: 'GET',
    path: `${path}/download`,
    expect: 200,
  });
  const zip = links.body.artifacts?.find(({ name }) => name === 'pack.zip');
  check(links, {
    'pack: it is taken with 202': () => asked.status === 202,
    'pack: the worker builds it': () => status === 'ready',
    'pack: links to it are given': () => zip !== undefined,
  });
  // Storage elsewhere is none of the bundle's networks.
  if (!zip?.url.startsWith(`${__ENV.LOAD_URL}/`)) return;
  const bytes = download('download a pack', zip.url);
  check(bytes, {
    'pack: the download has the size and the SHA-256 that were said': () =>
      bytes.byteLength === zip.size_bytes && sha256(bytes, 'hex') === zip.sha256,
  });
}

function waitForPack(path: string): string | undefined {
  for (let poll = 0; poll < POLLS; poll += 1) {
    const { body } = ask<EvidencePack>({ name: 'look at a pack', method: 'GET', path, expect: 200 });
    if (body.status !== 'pending') return body.status;
    sleep(POLL_SECONDS);
  }
  return undefined;
}
