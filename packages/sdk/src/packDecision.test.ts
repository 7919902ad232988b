import { beforeAll, describe, expect, it } from 'vitest';
import {
  buildPack,
  canonical,
  certificatePayloadV2,
  deciderFiles,
  inputsV2,
  type PackChange,
  sha256,
} from '../test/buildPack.ts';
import { makeSigningKey, type SigningKey } from '../test/signingKey.ts';
import { verifyPack } from './verifyPack.ts';

let key: SigningKey;
beforeAll(async () => {
  key = await makeSigningKey();
});

const verify = async (change: PackChange) =>
  verifyPack({ zip: await buildPack(key, { version: 2, ...change }), jwks: key.jwks });
const failures = async (change: PackChange) =>
  (await verify(change)).checks.filter((check) => !check.ok).map((check) => check.name);
/** A forger's change that certificate and event go along with, as if the service had decided so. */
const certified = (change: Record<string, unknown>): PackChange => ({
  certificate: change,
  eventBody: change,
});

describe('a pack of a certificate of version 2', () => {
  it('is decided again from its inputs, policy and models', async () => {
    const verdict = await verify({});
    expect(verdict).toMatchObject({ ok: true, signerChecked: true, notCovered: [] });
    expect(verdict.checks.map(({ name }) => name).slice(-3)).toEqual([
      'certificate_outcome',
      'certificate_policy_and_models',
      'decided_again',
    ]);
  });

  it('of version 1 says what is not covered, and is not decided again', async () => {
    const verdict = await verify({ version: 1 });
    expect(verdict.ok).toBe(true);
    expect(verdict.notCovered).toEqual([
      'reasons',
      'risk_score',
      'anomaly_score',
      'policy_document',
      'model_artifacts',
    ]);
    expect(verdict.checks.map(({ name }) => name)).not.toContain('decided_again');
  });

  it('shows a forged reason and a forged score', async () => {
    const forged = ['certificate_outcome', 'decided_again'];
    expect(await failures({ decision: { reasons: [] } })).toEqual(forged);
    expect(await failures({ decision: { risk_score: 0.2 } })).toEqual(forged);
    expect(await failures({ decision: { anomaly_score: 0.2 } })).toEqual(forged);
    expect(await failures({ decision: { reasons: 'none' } })).toEqual(forged);
  });

  it('shows a score or a reason that was certified and does not come out', async () => {
    const outcome = { decision: 'quarantine', reasons: [], risk_score: 0.039368, anomaly_score: 0.481433 };
    const change = certified({ outcome_sha256: sha256(canonical(outcome)) });
    expect(await failures({ ...change, decision: outcome })).toEqual(['decided_again']);
    const { checks } = await verify({ ...change, decision: outcome });
    expect(checks.at(-1)?.detail).toMatch(/^reasons come out as gte \(.*, not $/);
  });

  it('shows another policy or model than the certified one, and one that is missing', async () => {
    const other = deciderFiles['policy.json']!.replace('quarantine', 'reject');
    const changes: PackChange['files'][] = [
      { 'policy.json': other },
      { 'policy.json': null },
      { 'models/risk.json': deciderFiles['models/anomaly.json']! },
      { 'models/anomaly.json': null },
    ];
    for (const files of changes) {
      expect(await failures({ files: files ?? {} })).toEqual(['certificate_policy_and_models']);
    }
  });

  it('shows a certified policy by which another decision comes out', async () => {
    const other = deciderFiles['policy.json']!.replace('"then":"quarantine"', '"then":"reject"');
    const policy = { ...certificatePayloadV2.policy, sha256: sha256(other) };
    expect(await failures({ ...certified({ policy }), files: { 'policy.json': other } })).toEqual([
      'decided_again',
    ]);
  });

  it('shows models whose versions are not those that certificate and policy name', async () => {
    const { models } = certificatePayloadV2;
    const renamed = { ...models, risk: { ...models.risk, version: 'risk-2026.1.8' } };
    const inputsText = canonical({ ...inputsV2, models: { ...inputsV2.models, risk: 'risk-2026.1.8' } });
    const change = certified({ models: renamed, inputs_sha256: sha256(inputsText) });
    expect(await failures({ ...change, inputsText })).toEqual(['certificate_policy_and_models']);
    const swapped = { risk: models.anomaly, anomaly: models.risk };
    expect(await failures(certified({ models: swapped }))).toEqual([
      'certificate_inputs',
      'certificate_policy_and_models',
    ]);
  });

  it('shows inputs on which another decision comes out', async () => {
    const inputsText = canonical({ ...inputsV2, size_bytes: 9 });
    const change = certified({ inputs_sha256: sha256(inputsText) });
    expect(await failures({ ...change, inputsText })).toEqual(['decided_again']);
  });

  it('shows a time or a correlation id that is not the proven one', async () => {
    expect(await failures({ decision: { received_at: '2026-01-02T03:04:05.678902Z' } })).toEqual([
      'ledger_certificate',
    ]);
    expect(await failures({ decision: { correlation_id: 'other' } })).toEqual(['ledger_certificate']);
  });

  it('shows an event that proves another outcome', async () => {
    expect(await failures({ eventBody: { outcome_sha256: sha256('other') } })).toEqual([
      'ledger_certificate',
    ]);
  });
});
