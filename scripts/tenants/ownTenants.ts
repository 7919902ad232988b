/**
 * The tenants that commands make for themselves. Whoever is served under another name notices load and faults, so nobody else
 * may have one of these.
 */
export const OWN_TENANTS: readonly string[] = ['self-check', 'demo', 'bench', 'load', 'chaos'];
