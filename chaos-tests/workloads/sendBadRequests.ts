import type { Tenant } from '../product/makeTenants.ts';

/** What a careless caller puts where it does not belong. */
export interface Misplaced {
  apiKey: string;
  account: string;
  device: string;
  metadata: string;
}

interface BadRequest {
  path: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Sends keys and personal values where they do not belong; every one must be refused. Returns the statuses. */
export async function sendBadRequests(
  apiUrl: string,
  tenant: Tenant,
  misplaced: Misplaced,
): Promise<number[]> {
  const { apiKey, account, device, metadata } = misplaced;
  const authorized = { authorization: `Bearer ${tenant.apiKey}`, 'content-type': 'application/json' };
  const post = (path: string, body: unknown, text?: string): BadRequest => ({
    path,
    method: 'POST',
    headers: authorized,
    body: text ?? JSON.stringify(body),
  });
  const good = {
    external_id: 'bad-1',
    account: { external_id: account },
    content: { text: 'x', media_type: 'text/plain' },
  };
  const requests: BadRequest[] = [
    { path: `/v1/uploads?api_key=${apiKey}` },
    { path: `/v1/uploads/${apiKey}`, headers: authorized },
    { path: `/${apiKey}/${account}` },
    { path: '/v1/uploads', headers: { 'x-api-key': `${apiKey}x` } },
    {
      path: '/v1/uploads',
      headers: { authorization: `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}` },
    },
    { path: '/v1/uploads', headers: { cookie: `session=${apiKey}`, 'x-secret': apiKey } },
    { path: `/v1/uploads/${account}`, headers: authorized },
    { path: `/v1/uploads?cursor=${account}`, headers: authorized },
    { path: `/v1/uploads?account=${account}`, headers: authorized },
    post('/v1/ingest', { ...good, api_key: apiKey }),
    post('/v1/ingest', { ...good, [account]: device }),
    post('/v1/ingest', { ...good, policy_id: account }),
    post('/v1/ingest', { ...good, account: account }),
    post('/v1/ingest', { ...good, device: { external_id: [device] } }),
    post('/v1/ingest', { ...good, metadata: { note: { nested: metadata } } }),
    post('/v1/ingest', { ...good, metadata: { [`${metadata} `]: 1 } }),
    post('/v1/ingest', { ...good, account: { external_id: account, created_at: device } }),
    post('/v1/ingest', null, `{"external_id":"bad-2","account":{"external_id":"${account}"`),
    post('/v1/ingest', null, `{"${account}":1,"${account}":2}`),
    post('/v1/ingest', null, `{"metadata":{"n":90071992547409930,"v":"${metadata}"}}`),
    post('/v1/webhooks', { url: `http://${account}:${apiKey}@127.0.0.1:1/`, events: ['decision.created'] }),
    post('/v1/webhooks', { url: `http://${account}.invalid/`, events: ['decision.created'] }),
    post('/v1/evidence-packs', { upload_id: account }),
    { path: `/objects/${account}?expires=9&name=${device}&signature=${metadata}` },
  ];
  const statuses: number[] = [];
  for (const { path, method = 'GET', headers = {}, body } of requests) {
    const response = await fetch(`${apiUrl}${path}`, { method, headers, ...(body ? { body } : {}) });
    await response.arrayBuffer();
    statuses.push(response.status);
  }
  return statuses;
}
