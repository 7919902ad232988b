import {
  type BuildDeps,
  type BuildInput,
  buildPack,
  failPack,
} from '@origin-stack/core/domain/evidencePacks/buildPack';
import { defineTask, type TaskContext } from '../task.ts';

const inputOf = (context: TaskContext<BuildDeps>, packId: string): BuildInput => ({
  tenantId: context.tenantId,
  packId,
  correlationId: context.correlationId,
  finish: context.finish,
});

/** Builds an evidence pack. Idempotent by the pack's id: the same bytes go to the same places. */
export const buildEvidence = defineTask<'evidence.build', BuildDeps>({
  name: 'evidence.build',
  timeoutMs: 30_000,
  maxAttempts: 8,
  backoffMs: (attempt) => Math.min(1_000 * 2 ** (attempt - 1), 60_000),
  async run(context, payload) {
    await buildPack(context.deps, inputOf(context, payload.pack_id));
  },
  async giveUp(context, payload) {
    const error = `The pack could not be built in ${context.attempt} attempts.`;
    await failPack(context.deps, { ...inputOf(context, payload.pack_id), error });
  },
});
