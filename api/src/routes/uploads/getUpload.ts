import { Upload } from '@origin-stack/contract/ingest';
import { IdParams } from '@origin-stack/contract/primitives';
import { getUpload as get } from '@origin-stack/core/domain/ingest/readUploads';
import { defineRoute, reply } from '../../http/route.ts';

export const getUpload = defineRoute({
  method: 'GET',
  path: '/v1/uploads/{id}',
  name: 'getUpload',
  summary: 'An upload, its decision, and the inputs that it was made on',
  access: { scope: 'ingest:read' },
  params: IdParams,
  query: null,
  body: null,
  replies: { 200: Upload },
  errors: ['not_found'],
  async handler({ deps, actor, params }) {
    return reply(200, await get(deps, actor, params.id));
  },
});
