import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exampleEvidence } from '../test/exampleEvidence.ts';
import { readReport } from '../test/readReport.ts';
import { renderReport } from './renderReport.ts';

const linesOf = async (pdf: Uint8Array) => (await readReport(pdf)).lines;

describe('renderReport', () => {
  test('shows every fact of the evidence', async () => {
    const input = await exampleEvidence();
    const { certificate, decision, inputs, ledgerEvents } = input;
    const lines = await linesOf(renderReport(input));
    const event = JSON.parse(ledgerEvents[0]!.canonical_event_json);
    const whole = [
      'QUARANTINE',
      '0.8312',
      '0.974103',
      input.tenant_id,
      input.upload_id,
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
    expect(text).toContain(`Evidence pack ${input.pack_id}`);
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
    const lines = await linesOf(renderReport({ ...input, certificate, decidedBy }));
    for (const digit of ['a', 'b', 'c', 'd']) expect(lines).toContain(hash(digit));
    expect(lines.join(' ')).toContain('makes the decision again');
    const first = (await linesOf(renderReport(input))).join(' ');
    expect(first).not.toContain('Outcome SHA-256');
    expect(first).not.toContain('makes the decision again');
  });

  test('says so where there is no device, no size and no event', async () => {
    const input = await exampleEvidence();
    const inputs = { ...input.inputs, device_commitment: null, size_bytes: null };
    const lines = await linesOf(renderReport({ ...input, inputs, ledgerEvents: [] }));
    expect(lines).toContain('no device');
    expect(lines).toContain('not given');
    expect(lines).toContain('No event of this upload was stored when the pack was made.');
  });

  test.each([
    ['Latin, Greek and Cyrillic', 'Größe Ærø Ελλάδα Украïна Tiếng Việt'],
    ['Chinese, Japanese and Korean', '請求書 发票 カタカナ ひらがな 한국어'],
    ['emoji', '😀 👍🏽 🎉'],
    ['Armenian and Georgian', 'Հայաստան საქართველო'],
    ['Amharic', 'ኢትዮጵያ'],
  ])('shows %s as text that can be copied', async (_, external_id) => {
    const lines = await linesOf(renderReport(await exampleEvidence({ external_id })));
    expect(lines.join('').replaceAll(' ', '')).toContain(external_id.replaceAll(' ', ''));
  });

  test.each([
    ['Arabic', 'مرحبا بالعالم'],
    ['Hebrew', 'שלום עולם'],
    ['Hindi', 'नमस्ते दुनिया'],
    ['Bengali', 'বাংলাদেশ'],
    ['Punjabi', 'ਪੰਜਾਬੀ'],
    ['Gujarati', 'ગુજરાતી'],
    ['Odia', 'ଓଡ଼ିଆ'],
    ['Tamil', 'தமிழ்'],
    ['Telugu', 'తెలుగు'],
    ['Kannada', 'ಕನ್ನಡ'],
    ['Malayalam', 'മലയാളം'],
    ['Sinhala', 'සිංහල'],
    ['Thai', 'ภาษาไทย'],
    ['Lao', 'ພາສາລາວ'],
    ['Khmer', 'ភាសាខ្មែរ'],
    ['Burmese', 'မြန်မာ'],
  ])('shows every letter of %s, which it sets in shapes of its own', async (_, external_id) => {
    const text = (await linesOf(renderReport(await exampleEvidence({ external_id })))).join('');
    for (const letter of external_id.match(/\p{L}/gu) ?? [])
      expect(text.normalize('NFKD')).toContain(letter.normalize('NFKD'));
    expect(text.match(/\\u\{/g)).toHaveLength(1);
  });

  test('writes what no font has by its code points', async () => {
    const lines = await linesOf(renderReport(await exampleEvidence({ external_id: '𐌰-\\-a\u202eb' })));
    expect(lines).toContain('\\u{10330}-\\\\-a\\u{202e}b');
  });

  test('evaluates nothing that others wrote', async () => {
    const external_id = '#panic() $x$ *b* _i_ `r` [c] <l> @ref = // \\u{41} "q" -- ~ #sys.inputs';
    const lines = await linesOf(renderReport(await exampleEvidence({ external_id })));
    expect(lines).toContain(external_id.replace('\\', '\\\\'));
  });

  test('renders any text that can be written', async () => {
    const input = await exampleEvidence();
    const character = fc.oneof(
      fc.constantFrom(...'aé日한ع\u064bשनिक्ั😀👍🏽\u200d\u200c\ufe0f\u0301\u20e3\u202e '),
      fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code)),
      fc.integer({ min: 0, max: 0x2fff }).map((code) => String.fromCodePoint(code)),
    );
    const text = fc.array(character, { maxLength: 40 }).map((characters) => characters.join(''));
    fc.assert(
      fc.property(fc.array(text, { minLength: 8, maxLength: 8 }), (details) => {
        const reasons = details.map((detail) => ({ rule: detail, input: 'risk_score', detail }));
        renderReport({ ...input, decision: { ...input.decision, reasons } });
      }),
      { numRuns: 25 },
    );
  });

  test('goes on over as many pages as it needs and loses no reason', async () => {
    const reasons = Array.from({ length: 100 }, (_, i) => ({
      rule: `rule-${i}-${'n'.repeat(50)}`,
      input: 'account_prior_quarantine_count',
      detail: `${i}: ${'wordy '.repeat(30)}end${i}.`,
    }));
    const { lines, pages } = await readReport(renderReport(await exampleEvidence({ reasons })));
    for (let i = 0; i < 100; i += 1) expect(lines.some((line) => line.endsWith(`end${i}.`))).toBe(true);
    expect(pages).toBeGreaterThan(5);
    expect(lines.join(' ')).toContain(`Page ${pages} of ${pages}`);
  });

  test('breaks one cell that is longer than a page', async () => {
    const detail = Array.from({ length: 2000 }, (_, i) => `w${i}`).join(' ');
    const reasons = [{ rule: 'long', input: 'risk_score', detail }];
    const { lines, pages } = await readReport(renderReport(await exampleEvidence({ reasons })));
    expect(pages).toBeGreaterThan(3);
    expect(lines.join(' ')).toContain('w1998 w1999');
  });

  test('keeps within its margins, also where a word is wider than its column', async () => {
    const wide = 'W'.repeat(120);
    const reasons = [{ rule: wide, input: wide, detail: `${'word '.repeat(2000)}${wide}` }];
    const input = await exampleEvidence({ reasons, external_id: `${'日'.repeat(128)}${'م'.repeat(128)}` });
    const { pieces } = await readReport(renderReport(input));
    for (const { x, y, width } of pieces) {
      expect(x).toBeGreaterThan(51);
      expect(x + width).toBeLessThan(596 - 51);
      expect(y).toBeGreaterThan(20);
      expect(y).toBeLessThan(842 - 52);
    }
    const columns = pieces.filter(({ text }) => /^W+$/.test(text));
    const [rule = 0, next = 0] = [...new Set(columns.map(({ x }) => Math.round(x)))].sort((a, b) => a - b);
    for (const { x, width } of columns) if (Math.round(x) === rule) expect(x + width).toBeLessThan(next);
    expect(columns.map(({ text }) => text).join('')).toHaveLength(3 * 120);
  });

  test('gives the same bytes twice and others for another input', async () => {
    const input = await exampleEvidence();
    const one = renderReport(input);
    const two = renderReport(structuredClone(input));
    const other = renderReport({ ...input, pack_id: '0199d3a0-0000-7000-8000-0000000000ff' });
    expect(Buffer.from(one).equals(two)).toBe(true);
    expect(Buffer.from(one).equals(other)).toBe(false);
  });

  test('is a tagged PDF/A-2a, dated by the certificate; refuses one without a date', async () => {
    const input = await exampleEvidence();
    const pdf = Buffer.from(renderReport(input)).toString('latin1');
    expect(pdf).toMatch(/pdfaid:part>2<.*pdfaid:conformance>A</s);
    expect(pdf).toContain('2026-11-22T13:45:01');
    input.certificate.payload.issued_at = 'yesterday';
    expect(() => renderReport(input)).toThrow(/issued_at/);
  });
});
