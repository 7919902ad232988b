import type { EvidenceInput } from '@origin-stack/core/domain/evidence/evidenceInput';
import { Piscina } from 'piscina';

export interface RenderThreads {
  renderReport(input: EvidenceInput): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Threads that render reports: a page takes tens of milliseconds, which the event loop and Bull's locks have not. */
export function startRenderThreads(threads: number): RenderThreads {
  const pool = new Piscina({
    filename: new URL(import.meta.resolve('@origin-stack/core/domain/evidence/renderPackContents')).href,
    name: 'renderPackContents',
    minThreads: 1,
    maxThreads: threads,
  });
  return {
    async renderReport(input) {
      const { reportPdf } = await pool.run(input);
      return reportPdf;
    },
    close: () => pool.close(),
  };
}
