import { composeArgv, mustDocker } from '@origin-stack/scripts/bundle/compose.ts';
import { listContainers } from '@origin-stack/scripts/bundle/containers.ts';
import type { ChaosTarget } from '../chaosTarget.ts';
import type { Fault } from '../scenario.ts';
import { until } from '../until.ts';

const PUT_BACK_DEADLINE_MS = 20_000;

/** What the forged uploads of chaos are called: they are found again by it, whoever forged them. */
export const FORGED = 'chaos-forged-';

const OURS = `u.tenant_id in (select id from tenants where name = 'chaos') and u.external_id like '${FORGED}%'`;

/** Changes a decision past the product, as only the database's owner can. */
export const FORGE = `update uploads u set decision = case decision when 'reject' then 'allow' else 'reject' end where ${OURS}`;

/** Puts back what the ledger proves, and takes away the packs that were refused: nobody asked for them. */
export const PUT_BACK = [
  `update uploads u set decision = e.canonical_event_json::jsonb #>> '{body,decision}' from ledger_events e
    where e.tenant_id = u.tenant_id and e.sequence = u.ledger_sequence and ${OURS}`,
  `delete from evidence_packs p using uploads u where u.id = p.upload_id and p.status = 'failed' and ${OURS}`,
];

/** Forges a decision in the database and asks for its evidence. */
export const forgeDecision: Fault = {
  service: 'postgres',
  async inject({ dir, tenant }) {
    const id = Date.now().toString(36);
    const { upload_id } = await tenant.client.ingest({
      external_id: `${FORGED}${id}`,
      account: { external_id: `${FORGED}${id}` },
      content: { text: `forged ${id}`, media_type: 'text/plain' },
    });
    await asOwner(dir, [FORGE]);
    await tenant.client.createEvidencePack({ upload_id });
    return `the decision of upload ${upload_id} was changed in the database, and a pack of it was asked for`;
  },
  async heal({ dir }) {
    const isThere = (await listContainers(dir)).some(
      ({ service, state }) => service === 'postgres' && state === 'running',
    );
    // The next run heals first.
    if (!isThere) return;
    // Another fault's heal may have started it a moment ago.
    await until(() => asOwner(dir, PUT_BACK).then(() => true), {
      what: 'forged decisions are put back',
      deadlineMs: PUT_BACK_DEADLINE_MS,
      signal: AbortSignal.timeout(2 * PUT_BACK_DEADLINE_MS),
    });
  },
};

async function asOwner(dir: ChaosTarget['dir'], statements: string[]): Promise<void> {
  const psql = ['psql', '-U', 'postgres', '-d', 'origin', '--no-psqlrc', '-v', 'ON_ERROR_STOP=1', '-q'];
  const commands = statements.flatMap((sql) => ['-c', sql]);
  await mustDocker(composeArgv(dir, 'exec', '-T', 'postgres', ...psql, ...commands));
}
