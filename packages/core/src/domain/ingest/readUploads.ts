import type { Upload, UploadSummary } from '@origin-stack/contract/ingest';
import { decodeCursor, pageOf } from '../cursor.ts';
import { DomainError } from '../domainError.ts';
import type { Actor, Db } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import * as store from './uploadStore.ts';

/** An upload with its decision and the inputs it was made on, or `not_found`. */
export async function getUpload(deps: { db: Db }, actor: Actor, id: string): Promise<Upload> {
  const stored = await inTenant(deps.db, actor.tenantId, (tx) =>
    store.readUpload(tx, { tenantId: actor.tenantId, id }),
  );
  if (!stored) throw new DomainError('not_found', 'No such upload.');
  return stored.upload;
}

/** The tenant's uploads, the newest first. */
export async function listUploads(
  deps: { db: Db },
  actor: Actor,
  query: { limit: number; cursor?: string | undefined },
): Promise<{ items: UploadSummary[]; next_cursor: string | null }> {
  const before = query.cursor === undefined ? undefined : decodeCursor('uploads', query.cursor);
  const rows = await inTenant(deps.db, actor.tenantId, (tx) =>
    store.readUploads(tx, { tenantId: actor.tenantId, before, limit: query.limit + 1 }),
  );
  const summaries = rows.map(({ upload: { inputs: _, ...summary } }) => summary);
  return pageOf(summaries, { list: 'uploads', limit: query.limit, position: (upload) => upload.upload_id });
}
