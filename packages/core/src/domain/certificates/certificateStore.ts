import type { Tx } from '../ports.ts';

export interface CertificateRow {
  id: string;
  upload_id: string;
  kid: string;
  jws: string;
}

export async function readCertificate(
  tx: Tx,
  key: { tenantId: string; id: string },
): Promise<CertificateRow | undefined> {
  return tx('certificates')
    .where({ tenant_id: key.tenantId, id: key.id })
    .first('id', 'upload_id', 'kid', 'jws');
}
