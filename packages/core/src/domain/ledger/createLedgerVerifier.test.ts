import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestBed, type TestBed } from '../../testing/openTestBed.ts';
import { createLedgerVerifier } from './createLedgerVerifier.ts';

let bed: TestBed;

beforeAll(async () => {
  bed = await openTestBed();
});

afterAll(async () => {
  await bed.close();
});

describe('verification on demand', () => {
  test('is shared by those who ask for one ledger at once, and done anew for those who ask later', async () => {
    const { tenantId } = await bed.newTenant();
    const verify = createLedgerVerifier({ db: bed.api }, 2);
    const first = verify(tenantId);
    expect(verify(tenantId)).toBe(first);
    expect(await first).toMatchObject({ valid: true });
    const later = verify(tenantId);
    expect(later).not.toBe(first);
    await later;
  });

  test('refuses more ledgers at once than it may, with the time to wait', async () => {
    const tenants = await Promise.all([bed.newTenant(), bed.newTenant(), bed.newTenant()]);
    const verify = createLedgerVerifier({ db: bed.api }, 2);
    const [one, two, three] = tenants.map(({ tenantId }) => verify(tenantId));
    await expect(three).rejects.toMatchObject({ code: 'dependency_unavailable', retryAfterSeconds: 5 });
    expect(await Promise.all([one, two])).toMatchObject([{ valid: true }, { valid: true }]);
  });
});
