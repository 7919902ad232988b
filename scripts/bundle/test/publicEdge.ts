import type { TheBundle } from './theBundle.ts';

/** Where the public listener is reached from this host, with its certificate verified. */
export async function publicEdge(bundle: TheBundle) {
  const ca = await bundle.secret('nginx/public.crt');
  return { host: 'localhost', port: Number(bundle.settings.ORIGIN_HTTPS_PORT), tls: { ca } };
}
