import type { Invariant } from './aftermath.ts';

/** Each returns one line for each thing that is there without its other parts. */
const ORPHANS: Record<string, string> = {
  'an upload without its certificate': `
    select u.external_id as what from uploads u
    left join certificates c on c.tenant_id = u.tenant_id and c.id = u.certificate_id and c.upload_id = u.id where u.tenant_id = any($1) and c.id is null`,
  'a certificate without its upload': `
    select c.id::text as what from certificates c
    left join uploads u on u.tenant_id = c.tenant_id and u.certificate_id = c.id where c.tenant_id = any($1) and u.id is null`,
  'an upload without its ledger event': `
    select u.external_id as what from uploads u
    left join ledger_events e on e.tenant_id = u.tenant_id and e.sequence = u.ledger_sequence
      and e.event_type = 'decision.created' and e.upload_id = u.id where u.tenant_id = any($1) and e.sequence is null`,
  'a decision in the ledger without its upload': `
    select e.canonical_event_json::jsonb #>> '{body,external_id}' as what from ledger_events e
    left join uploads u on u.tenant_id = e.tenant_id and u.id = e.upload_id
    where e.tenant_id = any($1) and e.event_type = 'decision.created' and u.id is null`,
  'an upload whose signals are not the reasons that its webhook tells': `
    select u.external_id as what from uploads u
    join webhook_events w on w.tenant_id = u.tenant_id and w.type = 'decision.created'
      and w.data_json::jsonb ->> 'upload_id' = u.id::text
    where u.tenant_id = any($1) and jsonb_array_length(w.data_json::jsonb -> 'reasons')
      <> (select count(*) from risk_signals s where s.tenant_id = u.tenant_id and s.upload_id = u.id)`,
  'an upload of a tenant with a webhook that no event tells of': `
    select u.external_id as what from uploads u
    where u.tenant_id = any($1) and exists (select from webhooks w where w.tenant_id = u.tenant_id and w.created_at < u.received_at)
      and not exists (select from webhook_events e where e.tenant_id = u.tenant_id and e.type = 'decision.created'
        and e.data_json::jsonb ->> 'upload_id' = u.id::text)`,
  'a delivery without its work': `
    select d.id::text as what from webhook_deliveries d
    left join outbox o on o.tenant_id = d.tenant_id and o.payload ->> 'delivery_id' = d.id::text where d.tenant_id = any($1) and o.id is null`,
};

/** An upload is there with certificate, ledger event, signals, webhook event and work, or nothing of it is. */
export const allOrNothing: Invariant = async ({ owner, tenants }) => {
  const ids = [tenants.map(({ id }) => id)];
  const violations: string[] = [];
  for (const [name, sql] of Object.entries(ORPHANS)) {
    for (const { what } of await owner.rows<{ what: string }>(sql, ids)) violations.push(`${name}: ${what}`);
  }
  return violations;
};

/** What was refused is not there. Ask before anything is repeated. */
export const refusedAreAbsent: Invariant = async ({ owner, attempts }) => {
  const refused = attempts.filter((attempt) => attempt.outcome === 'refused');
  const rows = await owner.rows<{ external_id: string }>(
    'select external_id from uploads where external_id = any($1)',
    [refused.map((attempt) => attempt.request.external_id)],
  );
  return rows.map(({ external_id }) => `refused, and there: ${external_id}`);
};
