import type { Invariant } from './aftermath.ts';

/** No external id is decided on twice, neither in the uploads nor in the ledger. */
export const nothingTwice: Invariant = async ({ owner, tenants }) => {
  const ids = [tenants.map(({ id }) => id)];
  const uploads = await owner.rows<{ external_id: string; times: number }>(
    `select external_id, count(*)::int as times from uploads where tenant_id = any($1)
      group by tenant_id, external_id having count(*) > 1`,
    ids,
  );
  const events = await owner.rows<{ external_id: string; times: number }>(
    `
    select canonical_event_json::jsonb #>> '{body,external_id}' as external_id, count(*)::int as times
    from ledger_events where event_type = 'decision.created' and tenant_id = any($1) group by tenant_id, 1 having count(*) > 1`,
    ids,
  );
  return [
    ...uploads.map(({ external_id, times }) => `${external_id} is uploaded ${times} times`),
    ...events.map(({ external_id, times }) => `${external_id} is in the ledger ${times} times`),
  ];
};
