import type { BundleDir } from '../../bundle/bundleDir.ts';
import { parseAnswer } from '../../lib/parseAnswer.ts';
import { askByTls } from './askByTls.ts';

const VAULT = { service: 'vault', port: 8200 };
const LOGIN = '/v1/auth/approle/login';
const REVOKE = '/v1/auth/token/revoke-self';
const CLIENTS = ['api', 'worker', 'tools', 'operator'];

/** Files with secret ids that Vault refuses. The token that a good one brings is revoked at once. */
export async function vaultMismatches(
  dir: BundleDir,
  read: (path: string) => Promise<string | undefined>,
): Promise<string[]> {
  const refused = await Promise.all(
    CLIENTS.map(async (client) => {
      const path = `${client}/vault-secret-id`;
      const secret = await read(path);
      return secret !== undefined && (await refuses(dir, client, secret)) ? [path] : [];
    }),
  );
  return refused.flat();
}

async function refuses(dir: BundleDir, client: string, secret: string): Promise<boolean> {
  const body = JSON.stringify({ role_id: `origin-${client}`, secret_id: secret });
  const answer = await askByTls(dir, VAULT, { method: 'POST', path: LOGIN, body });
  if (answer?.status !== 200) return answer?.status === 400;
  const { auth } = parseAnswer<{ auth: { client_token: string } }>(answer.body, 'vault');
  const headers = { 'x-vault-token': auth.client_token };
  await askByTls(dir, VAULT, { method: 'POST', path: REVOKE, headers });
  return false;
}
