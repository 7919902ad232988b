import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { daysLeft, factsOf, timeProblem } from './certificateFacts.ts';
import { DAY_MS, makeCertificate } from './test/makeCertificate.ts';
import type { CertificateFacts } from './watched.ts';

const NOW_MS = Date.UTC(2026, 10, 23);
const SECOND = 1 / 86_400;

/** A certificate with a life, and what is left of it, in days. */
const at = (life: number, left: number): CertificateFacts => ({
  cn: 'test',
  issuer: 'test',
  serial: '',
  fingerprint: '',
  notBeforeMs: NOW_MS - (life - left) * DAY_MS,
  notAfterMs: NOW_MS + left * DAY_MS,
});
const statusAt = (life: number, left: number) =>
  timeProblem(at(life, left), { nowMs: NOW_MS, next: '' })?.status ?? 'ok';

describe('the time that is left', () => {
  it.each([
    // A year: 30 and 7 days.
    [365, 30, 'ok'],
    [365, 30 - SECOND, 'warning'],
    [365, 7, 'warning'],
    [365, 7 - SECOND, 'critical'],
    [365, 0, 'critical'],
    [365, -SECOND, 'expired'],
    // 45 days: a third is 15, and a sixth longer than 7.
    [45, 15, 'ok'],
    [45, 15 - SECOND, 'warning'],
    [45, 7, 'warning'],
    [45, 7 - SECOND, 'critical'],
    // 6 days: a third is 2, a sixth is 1.
    [6, 6, 'ok'],
    [6, 2, 'ok'],
    [6, 2 - SECOND, 'warning'],
    [6, 1, 'warning'],
    [6, 1 - SECOND, 'critical'],
    [6, -SECOND, 'expired'],
    // Ten years, as the internal authority.
    [3650, 30, 'ok'],
    [3650, 30 - SECOND, 'warning'],
  ])('of a certificate that lives for %d days is judged with %d days left: %s', (life, left, status) => {
    expect(statusAt(life, left)).toBe(status);
  });

  it('of a certificate that begins later is critical, however long it lives', () => {
    expect(timeProblem(at(365, 365 + SECOND), { nowMs: NOW_MS, next: 'n' })).toEqual({
      status: 'critical',
      what: expect.stringContaining(
        "it is not valid before 2026-11-23T00:00:01Z: its time, or this host's clock",
      ),
      next: 'n',
    });
  });

  it('is judged well in the first two thirds of any life, and only ever gets worse', () => {
    const order = ['ok', 'warning', 'critical', 'expired'];
    const share = fc.double({ min: 0, max: 1.1, noNaN: true });
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 4_000, noNaN: true }), share, share, (life, one, other) => {
        const [early, late] = [Math.min(one, other), Math.max(one, other)].map((part) =>
          order.indexOf(statusAt(life, life * (1 - part))),
        ) as [number, number];
        expect(late).toBeGreaterThanOrEqual(early);
        if (Math.max(one, other) < 0.66) expect(late).toBe(0);
      }),
    );
  });

  it('is counted in days rounded down, below 0 where it is over', () => {
    expect(daysLeft(at(365, 1.999), NOW_MS)).toBe(1.99);
    expect(daysLeft(at(365, -0.001), NOW_MS)).toBe(-0.01);
  });
});

describe('the names of a certificate', () => {
  const namesOf = async (wish: Parameters<typeof makeCertificate>[0]) => {
    const { cn, issuer } = factsOf(new X509Certificate((await makeCertificate(wish)).certificate));
    return { cn, issuer };
  };

  it('are the common names of holder and issuer', async () => {
    const issuer = await makeCertificate({ name: 'Test CA', isAuthority: true });
    expect(await namesOf({ name: 'origin.example', issuer })).toEqual({
      cn: 'origin.example',
      issuer: 'Test CA',
    });
  });

  it('are the first host and the organisation where there is no common name', async () => {
    const issuer = await makeCertificate({ subject: [{ O: ['Example Trust'] }], isAuthority: true });
    expect(await namesOf({ subject: [], hosts: ['one.example', 'two.example'], issuer })).toEqual({
      cn: 'one.example',
      issuer: 'Example Trust',
    });
  });

  it('cannot colour a terminal or begin a line', async () => {
    const { cn } = await namesOf({ subject: [{ CN: ['a\u001b[31m\nb"c'] }] });
    expect(cn).toBe('a\\u{1b}[31m\\u{a}b"c');
  });
});
