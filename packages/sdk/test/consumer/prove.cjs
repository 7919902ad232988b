/** What a consumer does with the package, whatever way it was loaded; the answers of each step. */
exports.prove = async (sdk, { webhook, certificate, api }) => {
  const now = new Date(webhook.seconds * 1000);
  const verify = (rawBody) =>
    sdk.verifyWebhook({ secret: webhook.secret, headers: webhook.headers, rawBody, now });
  const event = await verify(new TextEncoder().encode(webhook.body));
  const tampered = await verify(`${webhook.body} `).catch((error) => error);
  const { payload } = await sdk.verifyCertificate(certificate);
  const forged = certificate.jws.replace(/\.[^.]+\./, '.e30.');
  const refused = await sdk.verifyCertificate({ ...certificate, jws: forged }).catch((error) => error);
  const client = new sdk.OriginClient({ baseUrl: api.baseUrl, apiKey: api.key });
  const denied = await client.getUpload('unknown').catch((error) => error);
  return {
    event: event.id,
    tampered: [tampered instanceof sdk.WebhookVerificationError, tampered.code],
    decision: payload.decision,
    forged: [refused instanceof sdk.JwsError, refused.code],
    tenant: (await client.whoAmI()).tenant_id,
    denied: [denied instanceof sdk.OriginError, denied.code],
  };
};
