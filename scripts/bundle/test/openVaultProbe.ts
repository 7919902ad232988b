import type { VaultAnswer, VaultCall } from './inContainer/callVault.ts';
import { openProbe } from './openProbe.ts';
import type { TheBundle } from './theBundle.ts';

export const VAULT_ROLES = ['api', 'worker', 'tools', 'operator'] as const;
export type VaultRole = (typeof VAULT_ROLES)[number];

export interface VaultProbe extends AsyncDisposable {
  call(as: VaultRole, call: VaultCall): Promise<VaultAnswer>;
  /** A token of the role, by the secret id that its service has. */
  login(as: VaultRole): Promise<string>;
}

/** Speaks to the bundle's Vault as its services do; the operator has no certificate of his own and takes the tools'. */
export async function openVaultProbe(bundle: TheBundle): Promise<VaultProbe> {
  const probe = await openProbe(bundle, 'vault');
  const call = async (as: VaultRole, one: VaultCall) => {
    const tls = await bundle.identity(as === 'operator' ? 'tools' : as);
    const [answer] = await probe.run('callVault', { tls, calls: [one] });
    return answer as VaultAnswer;
  };
  return {
    call,
    async login(as) {
      const body = { role_id: `origin-${as}`, secret_id: await bundle.secret(`${as}/vault-secret-id`) };
      const { status, body: said } = await call(as, { method: 'POST', path: 'auth/approle/login', body });
      if (status !== 200) throw new Error(`${as} cannot log in: ${status} ${JSON.stringify(said)}`);
      return said.auth.client_token;
    },
    [Symbol.asyncDispose]: () => probe[Symbol.asyncDispose](),
  };
}
