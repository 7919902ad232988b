import { createHash, randomUUID } from 'node:crypto';
import type { IngestRequest } from '@origin-stack/contract/ingest';
import type { DemoFile } from './collectFiles.ts';

/** What fits into a body of 1 MiB as base64 with room for the rest; larger content is sent as its hash. */
const MAX_INLINE_BYTES = 700_000;

/** A file as an upload of one account and one device. */
export function itemOf(file: DemoFile): IngestRequest {
  const about = { media_type: file.mediaType, size_bytes: file.sizeBytes };
  const content =
    file.sizeBytes <= MAX_INLINE_BYTES
      ? { base64: file.bytes.toString('base64'), ...about }
      : { sha256: createHash('sha256').update(file.bytes).digest('hex'), ...about };
  return {
    external_id: `demo-${randomUUID()}`,
    account: { external_id: 'demo-account@example.org', created_at: '2025-01-15T09:00:00Z' },
    device: { external_id: 'demo-device-1' },
    content,
  };
}
