import https from 'node:https';
import type { ClientIdentity } from '../theBundle.ts';

export interface VaultCall {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'LIST';
  /** Below `/v1/`. */
  path: string;
  token?: string;
  body?: object;
}

export interface VaultAnswer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server says.
  body: any;
}

/** Calls Vault, one call after the other, as the one whose certificate is given. */
export async function callVault({ tls, calls }: { tls: ClientIdentity; calls: VaultCall[] }) {
  const answers: VaultAnswer[] = [];
  for (const call of calls) answers.push(await send(tls, call));
  return answers;
}

function send(tls: ClientIdentity, { method, path, token, body }: VaultCall): Promise<VaultAnswer> {
  const { ca, cert, key } = tls;
  return new Promise((resolve, reject) => {
    const headers = token === undefined ? {} : { 'X-Vault-Token': token };
    const url = `https://vault:8200/v1/${path}`;
    const sent = https.request(url, { method, headers, ca, cert, key, timeout: 10_000 }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: parse(text) }));
    });
    sent.once('timeout', () => sent.destroy(new Error('no answer in time')));
    sent.once('error', reject);
    sent.end(body ? JSON.stringify(body) : undefined);
  });
}

/** A snapshot is no JSON: nobody wants to see it. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
