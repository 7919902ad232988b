import type { Settings } from '@origin-stack/core/config/settings';
import type { BuildDeps } from '@origin-stack/core/domain/evidencePacks/buildPack';
import { type Core, openCore } from '@origin-stack/core/infra/openCore';
import { type RenderThreads, startRenderThreads } from './renderThreads.ts';
import type { AnyTask } from './task.ts';
import { buildEvidence } from './tasks/buildEvidence.ts';
import { deliverWebhook } from './tasks/deliverWebhook.ts';
import { type WebhookDeps, wireWebhooks } from './wireWebhooks.ts';

export interface WorkerDeps extends Core, BuildDeps, WebhookDeps {
  threads: RenderThreads;
}

/** Every task of the worker. */
export const TASKS: AnyTask<WorkerDeps>[] = [buildEvidence, deliverWebhook];

/** The composition of the worker process. */
export async function wire(settings: Settings): Promise<WorkerDeps> {
  const core = await openCore('worker', settings);
  core.metrics.count('evidence_mismatches_total', {}, 0);
  core.metrics.set('outbox_expected_depth', {}, settings.OUTBOX_EXPECTED_DEPTH);
  const threads = startRenderThreads(settings.WORKER_RENDER_THREADS);
  return { ...core, ...(await wireWebhooks(core)), threads, renderReport: threads.renderReport };
}
