import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
export const DAY_MS = 86_400_000;

export interface MadeCertificate {
  /** PEM texts. */
  certificate: string;
  key: string;
  subject: string;
  keys: webcrypto.CryptoKeyPair;
}

export interface Wish {
  /** The common name, unless `subject` says all of it. */
  name?: string;
  /** Each part of a distinguished name, as `{ O: ['Example'] }`. */
  subject?: x509.JsonName;
  hosts?: string[];
  /** Who signs; itself where unset. */
  issuer?: MadeCertificate;
  isAuthority?: boolean;
  /** Whether its key may sign certificates; an authority's may. */
  maySign?: boolean;
  /** Days from now. */
  from?: number;
  to?: number;
}

/** A certificate with its key as a test wishes it, also one that nobody should have. */
export async function makeCertificate(wish: Wish): Promise<MadeCertificate> {
  const { name = 'test', hosts = ['localhost'], issuer, isAuthority = false, from = -1, to = 364 } = wish;
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const subject = new x509.Name(wish.subject ?? [{ CN: [name] }]).toString();
  const usage =
    (wish.maySign ?? isAuthority) ? x509.KeyUsageFlags.keyCertSign : x509.KeyUsageFlags.digitalSignature;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(8)))
      .toString('hex')
      .replace(/^./, '4'),
    subject,
    issuer: issuer?.subject ?? subject,
    notBefore: new Date(Date.now() + from * DAY_MS),
    notAfter: new Date(Date.now() + to * DAY_MS),
    publicKey: keys.publicKey,
    signingKey: (issuer ?? { keys }).keys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(isAuthority, undefined, true),
      new x509.KeyUsagesExtension(usage, true),
      ...(isAuthority
        ? []
        : [new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: 'dns', value })))]),
    ],
  });
  const der = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificate: `${certificate.toString('pem')}\n`,
    key: `${x509.PemConverter.encode(der, 'PRIVATE KEY')}\n`,
    subject,
    keys,
  };
}

/** One that was made before, to sign with. */
export async function reopen(certificate: string, key: string): Promise<MadeCertificate> {
  const { subject, publicKey } = new x509.X509Certificate(certificate);
  const der = x509.PemConverter.decodeFirst(key);
  const privateKey = await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, true, ['sign']);
  const spki = await webcrypto.subtle.importKey('spki', publicKey.rawData, ALGORITHM, true, ['verify']);
  return { certificate, key, subject, keys: { privateKey, publicKey: spki } };
}
