import { ROUTED_SCOPES } from '@origin-stack/contract/scopes';
import { OriginClient } from '@origin-stack/sdk';
import type { Product } from './startProduct.ts';

export interface Tenant {
  id: string;
  name: string;
  apiKey: string;
  client: OriginClient;
}

const SCOPES = ROUTED_SCOPES.flatMap((scope) => ['--scope', scope]);

/** Makes tenants with a key each, by the operators' commands. */
export async function makeTenants(product: Product, names: string[]): Promise<Tenant[]> {
  const tenants: Tenant[] = [];
  for (const name of names) {
    const { id } = await said<{ id: string }>(product, ['tenant', 'create', name]);
    const { key_value } = await said<{ key_value: string }>(product, ['key', 'create', id, ...SCOPES]);
    const client = new OriginClient({ baseUrl: product.apiUrl, apiKey: key_value });
    tenants.push({ id, name, apiKey: key_value, client });
  }
  return tenants;
}

async function said<T>(product: Product, args: string[]): Promise<T> {
  const { code, stdout, stderr } = await product.stack([...args, '--json']);
  if (code !== 0) throw new Error(`./stack ${args.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout);
}
