import type { EvidenceInput } from '../evidenceInput.ts';
import type { Step } from './reportContent.ts';

/** How a reader checks all of this without the service and without trusting it. */
export function verificationSteps({ decidedBy }: Pick<EvidenceInput, 'decidedBy'>): Step[] {
  return [
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
  ];
}
