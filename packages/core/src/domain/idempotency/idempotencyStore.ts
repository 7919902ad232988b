import type { Tx } from '../ports.ts';

export interface IdempotencyKey {
  tenantId: string;
  credentialId: string;
  key: string;
}

/**
 * Takes the key for a request where nobody has it, it has expired, or the same request died with it. Returns until when,
 * which tells this holder from a later one; undefined where the key is taken.
 */
export async function reserve(
  tx: Tx,
  request: IdempotencyKey & { requestMac: Buffer; leaseSeconds: number; keepSeconds: number },
): Promise<string | undefined> {
  const { rows } = await tx.raw(
    `insert into idempotency_keys as k (tenant_id, credential_id, key, request_mac, lease_until, expires_at)
     values (:tenantId, :credentialId, :key, :requestMac, now() + make_interval(secs => :leaseSeconds),
       now() + make_interval(secs => :keepSeconds))
     on conflict (tenant_id, credential_id, key) do update
       set request_mac = excluded.request_mac, lease_until = excluded.lease_until, expires_at = excluded.expires_at,
         status = null, reply_json = null
       where k.expires_at < now()
         or (k.status is null and k.lease_until < now() and k.request_mac = excluded.request_mac)
     returning lease_until`,
    { ...request },
  );
  return rows[0]?.lease_until;
}

export interface StoredReply {
  request_mac: Buffer;
  status: number | null;
  reply_json: string | null;
}

export async function readReply(tx: Tx, key: IdempotencyKey): Promise<StoredReply | undefined> {
  return tx('idempotency_keys')
    .where({ tenant_id: key.tenantId, credential_id: key.credentialId, key: key.key })
    .first('request_mac', 'status', 'reply_json');
}

export async function storeReply(
  tx: Tx,
  reply: IdempotencyKey & { leaseUntil: string; status: number; replyJson: string },
): Promise<void> {
  await tx('idempotency_keys')
    .where({ tenant_id: reply.tenantId, credential_id: reply.credentialId, key: reply.key })
    .where({ lease_until: reply.leaseUntil, status: null })
    .update({ status: reply.status, reply_json: reply.replyJson });
}

/** Lets go of a key whose request was refused, so that it can be mended and sent again. */
export async function release(tx: Tx, key: IdempotencyKey & { leaseUntil: string }): Promise<void> {
  await tx('idempotency_keys')
    .where({ tenant_id: key.tenantId, credential_id: key.credentialId, key: key.key })
    .where({ lease_until: key.leaseUntil, status: null })
    .delete();
}
