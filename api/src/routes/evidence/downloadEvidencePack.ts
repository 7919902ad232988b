import { EvidenceDownload } from '@origin-stack/contract/evidence';
import { IdParams } from '@origin-stack/contract/primitives';
import { downloadPack } from '@origin-stack/core/domain/evidencePacks/getPack';
import { defineRoute, reply } from '../../http/route.ts';

export const downloadEvidencePack = defineRoute({
  method: 'GET',
  path: '/v1/evidence-packs/{id}/download',
  name: 'downloadEvidencePack',
  summary: 'URLs of the artifacts, good for a limited time, with their hashes',
  access: { scope: 'evidence:read' },
  params: IdParams,
  query: null,
  body: null,
  replies: { 200: EvidenceDownload },
  errors: ['not_found', 'pack_not_ready', 'dependency_unavailable'],
  async handler({ deps, actor, params }) {
    const signedUrlTtlSeconds = deps.settings.EVIDENCE_SIGNED_URL_TTL;
    return reply(200, await downloadPack({ ...deps, signedUrlTtlSeconds }, actor, params.id));
  },
});
