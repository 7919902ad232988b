import type { EvidenceInput } from './evidenceInput.ts';
import { renderReport } from './report/renderReport.ts';

export type RenderInput = EvidenceInput;

/**
 * Renders what takes processor time: made to run in a worker thread, so plain data comes in and bytes go out. Its module is
 * the thread's entry, by the name of this function.
 */
export async function renderPackContents(input: RenderInput): Promise<{ reportPdf: Uint8Array }> {
  return { reportPdf: renderReport(input) };
}
