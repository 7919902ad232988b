import type { ChaosTarget } from './chaosTarget.ts';
import { FORGED } from './faults/forgeDecision.ts';

interface ForgedPack {
  id: string;
  upload_id: string;
}

/** Sees that the pack of a forged upload was refused with a reason, and that the ledger's verification names the upload. */
export async function forgeryIsNamed({
  owner,
  tenant,
}: Pick<ChaosTarget, 'owner' | 'tenant'>): Promise<string[]> {
  const packs = await owner.rows<ForgedPack>(
    `select p.id, p.upload_id from evidence_packs p join uploads u on u.id = p.upload_id
     where u.tenant_id = $1::uuid and u.external_id like $2 and p.status = 'failed' order by p.id desc`,
    [tenant.id, `${FORGED}%`],
  );
  const [pack] = packs;
  if (!pack) return ['no pack of the forged upload was refused'];
  const violations: string[] = [];
  const { error = '' } = await tenant.client.getEvidencePack(pack.id);
  if (!error.includes('decision'))
    violations.push(`the pack does not say what contradicts its proof: ${error}`);
  const { valid, reason } = await tenant.client.verifyLedger();
  if (valid || !reason?.includes(pack.upload_id)) {
    violations.push(`the ledger's verification does not name upload ${pack.upload_id}: ${reason}`);
  }
  return violations;
}
