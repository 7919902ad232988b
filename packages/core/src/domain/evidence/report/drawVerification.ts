import type { EvidenceInput } from '../evidenceInput.ts';
import { drawHeading, drawParagraph, drawSteps } from './blocks.ts';
import type { Sheet } from './sheet.ts';
import { style } from './theme.ts';

/** How a reader checks all of this without the service and without trusting it. */
export function drawVerification(sheet: Sheet, { decidedBy }: EvidenceInput): void {
  drawHeading(sheet, 'How to verify this, offline');
  sheet.y += 5;
  drawParagraph(
    sheet,
    'This report repeats for people what the other files of the pack prove. No network and no account are needed, only pack.zip and a key that you trust.',
  );
  drawSteps(sheet, [
    {
      text: 'Get the signing keys from a source that you trust: the service’s /.well-known/jwks.json over TLS, or the thumbprint on record with you. The pack’s own jwks.json proves only that the pack agrees with itself.',
    },
    {
      text: 'Let the verifier check every hash, signature and cross-reference, with those keys or with that thumbprint:',
      commands: [
        './stack verify-pack pack.zip --jwks trusted-jwks.json',
        './stack verify-pack pack.zip --kid THUMBPRINT',
      ],
    },
    {
      text: 'Or by hand: manifest.jws (PS256) signs the exact bytes of manifest.json, which lists the SHA-256 and size of every other file.',
      commands: [
        `sha256sum certificate.jws decision.json inputs.json jwks.json ledger.json${decidedBy ? ' models/* policy.json' : ''} report.pdf`,
      ],
    },
    {
      text: 'certificate.jws (PS256) names the decision and, as inputs_sha256, the SHA-256 of inputs.json.',
    },
    ...(decidedBy
      ? [
          {
            text: 'It also holds the SHA-256 of policy.json, of both files in models/ and, as outcome_sha256, of decision, reasons and scores. The verifier makes the decision again from inputs.json and compares.',
          },
        ]
      : []),
    {
      text: 'In ledger.json, event_hash is the SHA-256 of canonical_event_json, whose certificate_sha256 is the SHA-256 of certificate.jws. prev_hash ties it to the event before it in the tenant’s chain.',
    },
  ]);
  sheet.y += 9;
  drawParagraph(
    sheet,
    'Commitments are keyed hashes: they match an account or device only for who holds its key. Characters that this report’s fonts lack are written by their code point: U+65E5 is 日.',
    style.small,
  );
}
