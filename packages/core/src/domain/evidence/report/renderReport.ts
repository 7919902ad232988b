import PDFDocument from 'pdfkit';
import type { EvidenceInput } from '../evidenceInput.ts';
import { drawFooters } from './drawFooters.ts';
import {
  drawCertificate,
  drawFeatures,
  drawLedger,
  drawPolicy,
  drawReasons,
  drawSubject,
} from './drawSections.ts';
import { drawSummary } from './drawSummary.ts';
import { drawVerification } from './drawVerification.ts';
import { page } from './theme.ts';

/**
 * The report for an auditor: A4, PDF 1.7, PDF's own fonts. The same input gives the same bytes: the document's date is the
 * certificate's, its id follows from that, and nothing is compressed, because zlib's output differs between versions.
 */
export async function renderReport(input: EvidenceInput): Promise<Uint8Array> {
  const issuedAt = new Date(input.certificate.payload.issued_at);
  if (Number.isNaN(issuedAt.getTime())) throw new RangeError('the certificate has no valid issued_at');
  const doc = new PDFDocument({
    size: 'A4',
    // The sheet places every line itself: no margin may make pdfkit begin a page of its own.
    margin: 0,
    bufferPages: true,
    compress: false,
    pdfVersion: '1.7',
    lang: 'en',
    displayTitle: true,
    info: {
      Title: `Evidence report for upload ${input.upload_id}`,
      Author: 'Origin Stack',
      Creator: 'Origin Stack',
      Producer: 'Origin Stack',
      CreationDate: issuedAt,
      ModDate: issuedAt,
    },
  });
  const bytes = collect(doc);
  const sheet = { doc, y: page.top };
  drawSummary(sheet, input);
  drawReasons(sheet, input);
  drawFeatures(sheet, input);
  drawPolicy(sheet, input);
  drawSubject(sheet, input);
  drawCertificate(sheet, input);
  drawLedger(sheet, input);
  drawVerification(sheet, input);
  drawFooters(sheet, input.pack_id);
  doc.end();
  return bytes;
}

function collect(doc: InstanceType<typeof PDFDocument>): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    doc.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    doc.on('error', reject);
    // A copy of its own memory: a Buffer may be a window on a pool that a transfer to another thread would take along.
    doc.on('end', () => resolve(new Uint8Array(Buffer.concat(chunks))));
  });
}
