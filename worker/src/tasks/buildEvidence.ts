import {
  type BuildDeps,
  type BuildInput,
  buildPack,
  failPack,
} from '@origin-stack/core/domain/evidencePacks/buildPack';
import { EvidenceMismatch } from '@origin-stack/core/domain/evidencePacks/evidenceMismatch';
import type { Core } from '@origin-stack/core/infra/openCore';
import { defineTask, type TaskContext } from '../task.ts';

export type BuildEvidenceDeps = BuildDeps & Pick<Core, 'log' | 'metrics'>;

const inputOf = (context: TaskContext<BuildEvidenceDeps>, packId: string): BuildInput => ({
  tenantId: context.tenantId,
  packId,
  correlationId: context.correlationId,
  finish: context.finish,
});

/**
 * Builds an evidence pack. Idempotent by the pack's id: the same bytes go to the same places. Rows that contradict their
 * proof fail it at once: a person must look, and a second attempt would find the same.
 */
export const buildEvidence = defineTask<'evidence.build', BuildEvidenceDeps>({
  name: 'evidence.build',
  timeoutMs: 30_000,
  maxAttempts: 8,
  backoffMs: (attempt) => Math.min(1_000 * 2 ** (attempt - 1), 60_000),
  async run(context, payload) {
    const input = inputOf(context, payload.pack_id);
    try {
      await buildPack(context.deps, input);
    } catch (error) {
      if (!(error instanceof EvidenceMismatch)) throw error;
      // Counted first: rather twice, after a crash, than never.
      context.deps.metrics.count('evidence_mismatches_total');
      const where = { tenant_id: context.tenantId, upload_id: error.uploadId, pack_id: payload.pack_id };
      context.deps.log.error({ ...where, part: error.part }, 'stored rows contradict their proof: no pack');
      await failPack(context.deps, { ...input, error: error.message });
    }
  },
  async giveUp(context, payload) {
    const error = `The pack could not be built in ${context.attempt} attempts.`;
    await failPack(context.deps, { ...inputOf(context, payload.pack_id), error });
  },
});
