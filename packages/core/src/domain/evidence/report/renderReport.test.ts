import { describe, expect, test } from 'vitest';
import { exampleEvidence } from '../test/exampleEvidence.ts';
import { reportHeights, reportText } from '../test/reportText.ts';
import { renderReport } from './renderReport.ts';

const pageCount = (pdf: Uint8Array) =>
  Buffer.from(pdf)
    .toString('latin1')
    .match(/\/Type \/Page\n/g)?.length;

describe('renderReport', () => {
  test('shows every fact of the evidence', async () => {
    const input = await exampleEvidence();
    const { certificate, decision, inputs, ledgerEvents } = input;
    const lines = reportText(await renderReport(input));
    const event = JSON.parse(ledgerEvents[0]!.canonical_event_json);
    const whole = [
      'QUARANTINE',
      '0.8312',
      '0.974103',
      input.tenant_id,
      input.upload_id,
      input.pack_id,
      decision.external_id,
      decision.correlation_id,
      inputs.content_sha256,
      inputs.pvid,
      inputs.account_commitment,
      inputs.device_commitment!,
      inputs.media_type,
      '48,213 bytes',
      ...Object.keys(inputs.features),
      ...Object.values(inputs.features).map(String),
      inputs.policy.id,
      inputs.models.risk,
      inputs.models.anomaly,
      certificate.id,
      certificate.kid,
      'PS256 with RSA-2048',
      certificate.payload.inputs_sha256,
      event.body.certificate_sha256,
      ledgerEvents[0]!.event_hash,
      event.prev_hash,
      '2026-11-22 13:45:01.123456 UTC',
      ...decision.reasons.flatMap(({ rule, input }) => [rule, input]),
    ];
    for (const fact of whole) expect(lines).toContain(fact);
    const text = lines.join(' ');
    for (const { detail } of decision.reasons) expect(text).toContain(detail);
    expect(text).toContain('./stack verify-pack pack.zip --jwks');
  });

  test('shows what a certificate of version 2 holds beside that, and says that the decision is made again', async () => {
    const input = await exampleEvidence();
    const { payload } = input.certificate;
    const hash = (digit: string) => digit.repeat(64);
    const second = {
      ...payload,
      v: 2 as const,
      policy: { ...payload.policy, sha256: hash('a') },
      models: {
        risk: { version: input.inputs.models.risk, sha256: hash('b') },
        anomaly: { version: input.inputs.models.anomaly, sha256: hash('c') },
      },
      outcome_sha256: hash('d'),
    };
    const decidedBy = { policy: '{}', risk: '{}', anomaly: '{}' };
    const certificate = { ...input.certificate, payload: second };
    const lines = reportText(await renderReport({ ...input, certificate, decidedBy }));
    for (const digit of ['a', 'b', 'c', 'd']) expect(lines).toContain(hash(digit));
    expect(lines.join(' ')).toContain('makes the decision again');
    const first = reportText(await renderReport(input)).join(' ');
    expect(first).not.toContain('Outcome SHA-256');
    expect(first).not.toContain('makes the decision again');
  });

  test('says so where there is no device, no size and no event', async () => {
    const input = await exampleEvidence();
    const inputs = { ...input.inputs, device_commitment: null, size_bytes: null };
    const lines = reportText(await renderReport({ ...input, inputs, ledgerEvents: [] }));
    expect(lines).toContain('no device');
    expect(lines).toContain('not given');
    expect(lines).toContain('No event of this upload was stored when the pack was made.');
  });

  test('writes text that the fonts lack by its code points, and draws no other byte', async () => {
    const lines = reportText(await renderReport(await exampleEvidence({ external_id: '請求書-😀-\\-é€' })));
    expect(lines).toContain('\\u{8acb}\\u{6c42}\\u{66f8}-\\u{1f600}-\\\\-é€');
  });

  test('goes on over as many pages as it needs and loses no reason', async () => {
    const reasons = Array.from({ length: 100 }, (_, i) => ({
      rule: `rule-${i}-${'n'.repeat(50)}`,
      input: 'account_prior_quarantine_count',
      detail: `${i}: ${'wordy '.repeat(30)}end${i}.`,
    }));
    const pdf = await renderReport(await exampleEvidence({ reasons }));
    const drawn = reportText(pdf).map((line) => line.trim());
    for (let i = 0; i < 100; i += 1) expect(drawn.some((line) => line.endsWith(`end${i}.`))).toBe(true);
    const pages = pageCount(pdf)!;
    expect(pages).toBeGreaterThan(5);
    expect(drawn).toContain(`Page ${pages} of ${pages}`);
  });

  test('breaks one cell that is longer than a page', async () => {
    const detail = Array.from({ length: 2000 }, (_, i) => `w${i}`).join(' ');
    const reasons = [{ rule: 'long', input: 'risk_score', detail }];
    const pdf = await renderReport(await exampleEvidence({ reasons }));
    expect(pageCount(pdf)).toBeGreaterThan(3);
    expect(
      reportText(pdf)
        .map((line) => line.trim())
        .join(' '),
    ).toContain('w1998 w1999');
  });

  test('draws every line on a page, also where one cell is longer than that', async () => {
    const reasons = [{ rule: 'long', input: 'risk_score', detail: 'word '.repeat(2000) }];
    const pdf = await renderReport(await exampleEvidence({ reasons }));
    const heights = reportHeights(pdf);
    expect(heights.length).toBe(reportText(pdf).length);
    expect(Math.min(...heights)).toBeGreaterThan(28);
    expect(Math.max(...heights)).toBeLessThan(842 - 28);
  });

  test('gives the same bytes twice and others for another input', async () => {
    const input = await exampleEvidence();
    const [one, two, other] = await Promise.all([
      renderReport(input),
      renderReport(structuredClone(input)),
      renderReport({ ...input, pack_id: '0199d3a0-0000-7000-8000-0000000000ff' }),
    ]);
    expect(Buffer.from(one).equals(two)).toBe(true);
    expect(Buffer.from(one).equals(other)).toBe(false);
  });

  test('is dated by the certificate and refuses one without a date', async () => {
    const input = await exampleEvidence();
    expect(Buffer.from(await renderReport(input)).toString('latin1')).toContain('(D:20261122134501Z)');
    input.certificate.payload.issued_at = 'yesterday';
    await expect(renderReport(input)).rejects.toThrow(/issued_at/);
  });
});
