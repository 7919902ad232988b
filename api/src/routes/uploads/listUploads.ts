import { UploadSummary } from '@origin-stack/contract/ingest';
import { PageQuery, pageOf } from '@origin-stack/contract/primitives';
import { listUploads as list } from '@origin-stack/core/domain/ingest/readUploads';
import { defineRoute, reply } from '../../http/route.ts';

export const listUploads = defineRoute({
  method: 'GET',
  path: '/v1/uploads',
  name: 'listUploads',
  summary: 'The uploads, the newest first',
  access: { scope: 'ingest:read' },
  params: null,
  query: PageQuery,
  body: null,
  replies: { 200: pageOf(UploadSummary) },
  errors: ['unprocessable'],
  async handler({ deps, actor, query }) {
    return reply(200, await list(deps, actor, query));
  },
});
