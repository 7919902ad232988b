import { X509Certificate } from 'node:crypto';
import { getCACertificates } from 'node:tls';
import { isSelfSigned } from '../bundle/isSelfSigned.ts';
import { factsOf } from './certificateFacts.ts';

const isSignedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);

/**
 * Why callers cannot follow a chain, leaf first, up to an authority: each certificate must be signed by the next, and the
 * last by itself or by an authority that this host knows. Undefined where they can.
 */
export function chainFault(
  chain: readonly X509Certificate[],
  known: () => readonly X509Certificate[] = hostAuthorities,
): string | undefined {
  for (const [index, issuer] of chain.entries()) {
    const certificate = chain[index - 1];
    if (certificate && !isSignedBy(certificate, issuer))
      return `its chain is broken: ${nameOf(certificate)} is not signed by ${nameOf(issuer)}, which follows it`;
  }
  const last = chain.at(-1);
  if (!last || isSelfSigned(last) || known().some((authority) => isSignedBy(last, authority)))
    return undefined;
  const { issuer } = factsOf(last);
  return `its chain ends with ${nameOf(last)}; ${issuer}, who signed that, does not follow and is not known to this host`;
}

const nameOf = (certificate: X509Certificate) => factsOf(certificate).cn;

let parsed: X509Certificate[] | undefined;

/** Those that Node brings and those of the host, parsed once. */
export function hostAuthorities(): readonly X509Certificate[] {
  parsed ??= [...new Set([...getCACertificates('default'), ...getCACertificates('system')])].map(
    (pem) => new X509Certificate(pem),
  );
  return parsed;
}
