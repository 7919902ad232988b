import { CHECKOUT } from '../lib/checkout.ts';
import { PreconditionError } from '../lib/commandErrors.ts';
import type { BundleDir } from './bundleDir.ts';

/** Compose separates by a colon, fills in after a dollar, and reads on after the rest as a comment, a quote or an escape. */
const UNUSABLE = /[:$#'"`\\\p{Cc}]/u;

/**
 * Throws PreconditionError where Compose would read the path of the checkout or of the bundle as another one: it has no way
 * to write such a path that holds in a volume, in a settings file and in a variable.
 */
export function requireUsablePaths({ root }: Pick<BundleDir, 'root'>): void {
  for (const path of new Set([CHECKOUT, root])) {
    const [found] = UNUSABLE.exec(path) ?? [];
    if (found === undefined) continue;
    const isCheckout = path === CHECKOUT;
    throw new PreconditionError({
      what: `the path of ${isCheckout ? 'this checkout' : 'the state directory'} holds ${JSON.stringify(found)}: ${JSON.stringify(path)}`,
      why: 'Compose reads such a path as another one',
      next: isCheckout ? 'move the checkout to a path without it' : 'name another folder: --state-dir DIR',
    });
  }
}
