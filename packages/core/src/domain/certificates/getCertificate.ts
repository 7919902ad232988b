import { type Certificate, CertificatePayload } from '@origin-stack/contract/certificates';
import { DomainError } from '../domainError.ts';
import type { Actor, Db } from '../ports.ts';
import { inTenant } from '../tenants/inTenant.ts';
import { type CertificateRow, readCertificate } from './certificateStore.ts';

/** A certificate of the actor's tenant, or `not_found`. */
export async function getCertificate(deps: { db: Db }, actor: Actor, id: string): Promise<Certificate> {
  const row = await inTenant(deps.db, actor.tenantId, (tx) =>
    readCertificate(tx, { tenantId: actor.tenantId, id }),
  );
  if (!row) throw new DomainError('not_found', 'No such certificate.');
  return certificateOf(row);
}

/** A stored certificate as its GET shows it. */
export function certificateOf(row: CertificateRow): Certificate {
  const [, payload = '', signature = ''] = row.jws.split('.');
  return {
    certificate_id: row.id,
    jws: row.jws,
    key_id: row.kid,
    alg: 'PS256',
    signature,
    signature_encoding: 'base64url',
    payload: CertificatePayload.parse(JSON.parse(Buffer.from(payload, 'base64url').toString())),
  };
}
