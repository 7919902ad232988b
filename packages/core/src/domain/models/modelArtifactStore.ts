import type { Db } from '../ports.ts';
import type { ModelRegistry } from './modelRegistry.ts';

/** Publishes the loaded models: they must be here before a decision names them, and stay. */
export async function publishModels(db: Db, models: ModelRegistry, at: string): Promise<void> {
  const rows = models.all.map(({ kind, version, sha256, text }) => ({
    sha256,
    kind,
    version,
    artifact: text,
    created_at: at,
  }));
  await db('model_artifacts').insert(rows).onConflict('sha256').ignore();
}

/** The artifact that was published under a hash: its text, which may have been changed since. */
export async function readModelArtifact(db: Db, sha256: string): Promise<string | undefined> {
  const row = await db('model_artifacts').where({ sha256 }).first('artifact');
  return row?.artifact;
}
