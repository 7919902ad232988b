import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { commitDecisions, type DecisionDraft } from '@origin-stack/core/domain/ingest/commitDecisions';
import { ingest } from '@origin-stack/core/domain/ingest/ingest';
import { createSubjectKeyring } from '@origin-stack/core/domain/subjects/subjectKeys';
import { inTenant } from '@origin-stack/core/domain/tenants/inTenant';
import { createDatabase } from '@origin-stack/core/infra/database';
import { openLocalKeys } from '@origin-stack/core/infra/keyProviders/local';
import { openSecrets } from '../embedded/secretFiles.ts';
import { SIGNING_KEY_ID, serviceFiles } from '../embedded/serviceFiles.ts';
import type { Bench } from './part.ts';

/** A statement as the service sent it. */
export interface RecordedStatement {
  text: string;
  name: string | undefined;
  values: unknown[];
  /** Whether a value is this ingest's own and must be new in another. */
  isOwn(value: unknown): boolean;
  /** The ledger sequence that this ingest got. */
  sequence: number | undefined;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The statements of the second of two ingests of one account: the first one makes the account. */
export async function recordStatements({ dir, operator, tenantId }: Bench): Promise<RecordedStatement[]> {
  const files = serviceFiles(dir);
  const secrets = await openSecrets(dir);
  const keys = await openLocalKeys({
    path: files.keysDir,
    signingKeyId: SIGNING_KEY_ID,
    salt: secrets.localEncryptionSalt.value,
  });
  const url = await readFile(files.urls.api, 'utf8');
  const db = createDatabase({
    url,
    applicationName: 'bench',
    min: 1,
    max: 1,
    acquireTimeoutMs: 5_000,
    maxLifetimeMs: 600_000,
  });
  const seen: { sql: string; bindings: unknown[]; options?: { name?: string; values?: unknown[] } }[] = [];
  db.on('query', (query) => seen.push(query));
  try {
    const deps = {
      ...operator,
      db,
      keys,
      subjects: createSubjectKeyring(keys),
      commit: async (tenant: string, draft: DecisionDraft) =>
        (await commitDecisions({ ...operator, db }, tenant, [draft]))[0] ?? null,
    };
    const actor = {
      tenantId,
      type: 'api_key',
      id: operator.ids.next(),
      correlationId: 'bench',
      keyPrefix: 'bench',
      keyName: 'bench',
      scopes: [],
      expiresAt: null,
    } as const;
    const send = (external: string) =>
      ingest(
        deps,
        { ...actor, scopes: [] },
        {
          external_id: external,
          account: { external_id: 'plain-sql' },
          content: { text: 'the same content', media_type: 'text/plain' },
        },
      );
    await send(randomUUID());
    seen.length = 0;
    const external = randomUUID();
    const { reply } = await send(external);
    const statements = seen.map(({ sql, bindings, options }) => ({
      text: sql,
      name: options?.name,
      values: options?.values ?? bindings ?? [],
    }));
    const shared = await sharedIds(deps.db, reply.upload_id, tenantId);
    return statements.map((statement) => ({
      ...statement,
      isOwn: (value) => typeof value === 'string' && UUID.test(value) && !shared.has(value),
      sequence: reply.ledger.sequence,
    }));
  } finally {
    await db.destroy();
  }
}

/** Ids in an upload that point at what was there before: every other one is this ingest's own. */
async function sharedIds(
  db: Bench['operator']['db'],
  uploadId: string,
  tenantId: string,
): Promise<Set<unknown>> {
  const [row] = await inTenant(db, tenantId, (tx) =>
    tx('uploads').where({ id: uploadId }).select('account_id', 'policy_id'),
  );
  return new Set([tenantId, row.account_id, row.policy_id]);
}
