import { verifyPack } from '@origin-stack/sdk';
import type { Invariant } from './aftermath.ts';

interface PackFacts {
  id: string;
  status: string;
  ledger_events: number;
}

const SQL = `
  select p.id, p.status, (select count(*)::int from ledger_events e where e.tenant_id = p.tenant_id
    and e.event_type = 'evidence.ready' and e.canonical_event_json::jsonb #>> '{body,pack_id}' = p.id::text) as ledger_events
  from evidence_packs p where p.tenant_id = any($1)`;

const DOWNLOADED = 3;

/**
 * Every pack that was asked for is ready, with one event in the ledger and one that webhooks told, and what is
 * downloaded verifies against keys that were fetched apart from it.
 */
export const packsAreReady: Invariant = async ({ owner, tenants, packs, inbox }) => {
  const violations: string[] = [];
  const rows = await owner.rows<PackFacts>(SQL, [tenants.map(({ id }) => id)]);
  for (const { id, status, ledger_events } of rows) {
    if (status !== 'ready') violations.push(`pack ${id} is ${status}`);
    if (ledger_events !== 1) violations.push(`pack ${id} has ${ledger_events} ledger events`);
  }
  const known = new Set(rows.map((row) => row.id));
  const ready = inbox.received.filter(({ event }) => event.type === 'evidence.ready');
  for (const { id } of packs) {
    if (!known.has(id)) violations.push(`pack ${id} was accepted and is not there`);
    const told = new Set(ready.filter(({ event }) => event.data.id === id).map(({ event }) => event.id));
    if (told.size !== 1) violations.push(`pack ${id}: ${told.size} events tell that it is ready`);
  }
  for (const { id, attempt } of packs.slice(-DOWNLOADED)) {
    const { client } = attempt.tenant;
    const zip = await client.downloadArtifact(id, 'pack.zip');
    const verdict = await verifyPack({ zip, jwks: await client.getJwks() });
    if (!verdict.ok || !verdict.signerChecked) violations.push(`pack ${id} does not verify`);
  }
  return violations;
};
