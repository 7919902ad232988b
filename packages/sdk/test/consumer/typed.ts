import {
  type IngestReply,
  type IngestRequest,
  OriginClient,
  type Upload,
  verifyCertificate,
  verifyPack,
  verifyWebhook,
  type WhoAmI,
} from '@origin-stack/sdk';

const client = new OriginClient({ baseUrl: 'https://origin.example', apiKey: 'key' });

export async function typed(rawBody: string, secret: string, zip: Uint8Array): Promise<string> {
  const body: IngestRequest = {
    external_id: 'invoice-7',
    account: { external_id: 'account-1' },
    content: { text: 'hello', media_type: 'text/plain' },
  };
  const reply: IngestReply = await client.ingest(body);
  const upload: Upload = await client.getUpload(reply.upload_id);
  const who: WhoAmI = await client.whoAmI();
  const { secret: shownOnce } = await client.createWebhook({
    url: 'https://a.example',
    events: ['evidence.ready'],
  });
  const event = await verifyWebhook({ secret: shownOnce ?? secret, headers: {}, rawBody });
  const { jws } = await client.getCertificate(upload.certificate_id);
  const { payload } = await verifyCertificate({ jws, jwks: await client.getJwks() });
  const verdict = await verifyPack({ zip });
  // @ts-expect-error: no such content
  await client.ingest({ ...body, content: { path: '/etc/passwd' } });
  // @ts-expect-error: no such member
  reply.verdict;
  // @ts-expect-error: no such event
  await client.createWebhook({ url: 'https://a.example', events: ['nonsense'] });
  return [event.type, payload.decision, verdict.checks.length, who.scopes.join()].join();
}
