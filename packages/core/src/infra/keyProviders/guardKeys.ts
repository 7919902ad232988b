import type { KeyProvider } from '../../domain/ports.ts';
import type { Breaker } from '../breaker.ts';

/** The same keys, which are not asked for while their provider is known to be away. */
export function guardKeys(provider: KeyProvider, breaker: Breaker): KeyProvider {
  return {
    name: provider.name,
    signingKey: provider.signingKey,
    sign: (input) => breaker.run(() => provider.sign(input)),
    wrap: (plaintext) => breaker.run(() => provider.wrap(plaintext)),
    unwrap: (wrapped) => breaker.run(() => provider.unwrap(wrapped)),
    mac: (label) => breaker.run(() => provider.mac(label)),
    check: () => breaker.run(() => provider.check()),
  };
}
