import type { IngestRequest } from '@origin-stack/contract/ingest';
import { randomIds } from '../infra/randomIds.ts';

/** An ordinary request; what is given replaces its members. */
export function ingestRequest(more: Partial<IngestRequest> = {}): IngestRequest {
  const id = randomIds.next();
  return {
    external_id: `upload-${id}`,
    account: { external_id: `account-${id}@example.org` },
    device: { external_id: `device-${id}` },
    content: { text: `content of ${id}`, media_type: 'text/plain' },
    ...more,
  };
}
