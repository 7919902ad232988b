import { createHash } from 'node:crypto';

type Reply = Record<string, unknown>;

/**
 * Makes one of each thing that a path can name, by the API itself, as lines of a shell's environment:
 * generated ids find nothing, and what is behind the 404 would not be reached.
 */
export async function makeThings(baseUrl: string, key: string): Promise<string> {
  const post = async (path: string, body: object): Promise<Reply> => {
    const response = await fetch(baseUrl + path, {
      method: 'POST',
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Reply;
  };
  const upload = await post('/v1/ingest', {
    external_id: 'for-schemathesis',
    account: { external_id: 'account' },
    content: { sha256: createHash('sha256').update('content').digest('hex'), media_type: 'text/plain' },
  });
  const pack = await post('/v1/evidence-packs', { upload_id: upload.upload_id });
  const hook = { url: 'https://receiver.example/hooks', events: ['decision.created'] };
  const webhook = await post('/v1/webhooks', hook);
  const delivery = await post(`/v1/webhooks/${webhook.id}/test`, {});
  const ids = {
    UPLOAD: upload.upload_id,
    CERTIFICATE: upload.certificate_id,
    PACK: pack.id,
    WEBHOOK: webhook.id,
    DELIVERY: delivery.delivery_id,
  };
  return Object.entries(ids)
    .map(([name, id]) => `ORIGIN_${name}_ID=${id}\n`)
    .join('');
}
