import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text as streamText } from 'node:stream/consumers';
import { preparePromtool, promtoolAvailable } from '@origin-stack/testkit/peers/promtool';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { metricsText } from './metricsText.ts';
import { parseExposition } from './test/parseExposition.ts';
import type { Watched } from './watched.ts';

const NOW_MS = Date.UTC(2026, 10, 23);
const DAY_MS = 86_400_000;
const PREFIX = 'nginx_ssl_certificate_';

const watched = (path: string, { cn = 'a', issuer = 'b', days = 100 } = {}, more: Partial<Watched> = {}) => ({
  path,
  facts: {
    cn,
    issuer,
    serial: '',
    fingerprint: '',
    notBeforeMs: NOW_MS - 265 * DAY_MS,
    notAfterMs: NOW_MS + days * DAY_MS,
  },
  problems: [],
  ...more,
});
const problem = (status: 'critical' | 'unreadable' | 'warning') => ({ status, what: '', next: '' });

/** Each metric's value by the labels that are asked for. */
const read = (certificates: Watched[]) => parseExposition(metricsText(certificates, NOW_MS));
const valuesOf = (certificates: Watched[], name: string, labels: object) =>
  read(certificates)
    .filter((sample) => sample.name === PREFIX + name && equal(sample.labels, labels))
    .map(({ value }) => value);
const equal = (one: object, other: object) => JSON.stringify(one) === JSON.stringify(other);

it('gives each certificate its end, its begin, its days and its status, by name, issuer and path', () => {
  const one = [watched('/secrets/nginx/public.crt', { cn: 'origin.example', issuer: 'Test CA' })];
  const labels = { cn: 'origin.example', issuer: 'Test CA', path: '/secrets/nginx/public.crt' };
  expect(read(one)).toEqual([
    { name: `${PREFIX}expiry_seconds`, labels, value: NOW_MS / 1_000 + 100 * 86_400 },
    { name: `${PREFIX}not_before_seconds`, labels, value: NOW_MS / 1_000 - 265 * 86_400 },
    { name: `${PREFIX}days_until_expiry`, labels, value: 100 },
    { name: `${PREFIX}status`, labels, value: 0 },
  ]);
});

it('says 1 for a warning, 2 for critical, 3 for what is over or cannot be read', () => {
  const statuses = (['warning', 'critical', 'unreadable'] as const).map((status) =>
    read([watched('x', {}, { problems: [problem(status)] })]).find(({ name }) => name === `${PREFIX}status`),
  );
  expect(statuses.map((sample) => sample?.value)).toEqual([1, 2, 3]);
});

it('makes up no time for what cannot be read', () => {
  const unreadable: Watched = { path: 'redis:6379', facts: undefined, problems: [problem('unreadable')] };
  expect(read([unreadable])).toEqual([
    { name: `${PREFIX}status`, labels: { cn: '', issuer: '', path: 'redis:6379' }, value: 3 },
  ]);
});

it('says of each listener whether it serves another certificate than its file holds', () => {
  const served = (path: string, differs: boolean) =>
    watched(path, {}, { served: { file: `/f/${path}`, differs } });
  const certificates = [served('redis:6379', true), served('vault:8200', false), watched('/f/x')];
  const ofServed = read(certificates).filter(({ name }) => name === `${PREFIX}served_differs`);
  expect(ofServed.map(({ labels, value }) => [labels, value])).toEqual([
    [{ path: 'redis:6379', file: '/f/redis:6379' }, 1],
    [{ path: 'vault:8200', file: '/f/vault:8200' }, 0],
  ]);
});

it('gives certificates that nothing tells apart one sample, of the one that ends first, with the problems of all', () => {
  const alike = [
    watched('chain.pem', { days: 200 }, { problems: [problem('critical')] }),
    watched('chain.pem', { days: 20 }),
    watched('chain.pem', { days: 90 }),
    watched('other.pem', { days: 5 }),
  ];
  const labels = { cn: 'a', issuer: 'b', path: 'chain.pem' };
  expect(valuesOf(alike, 'days_until_expiry', labels)).toEqual([20]);
  expect(valuesOf(alike, 'expiry_seconds', labels)).toEqual([NOW_MS / 1_000 + 20 * 86_400]);
  expect(valuesOf(alike, 'status', labels)).toEqual([2]);
});

it('can be read back whatever stands in the names', () => {
  const text = fc.string({
    unit: fc.oneof(fc.constantFrom('"', '\\', '\n', ',', '}', ' ', '#'), fc.string({ unit: 'binary' })),
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text, text), { minLength: 1, maxLength: 8 }), (names) => {
      const certificates = names.map(([cn, issuer, path]) => watched(path, { cn, issuer }));
      const told = read(certificates).filter(({ name }) => name === `${PREFIX}status`);
      const wanted = new Set(names.map(([cn, issuer, path]) => JSON.stringify({ cn, issuer, path })));
      expect(new Set(told.map(({ labels }) => JSON.stringify(labels)))).toEqual(wanted);
    }),
  );
});

it('writes numbers without an exponent, also of a certificate without an end (RFC 5280, 4.1.2.5)', () => {
  const endless = watched('x', { days: (Date.UTC(9999, 11, 31, 23, 59, 59) - NOW_MS) / DAY_MS });
  expect(valuesOf([endless], 'expiry_seconds', { cn: 'a', issuer: 'b', path: 'x' })).toEqual([
    253_402_300_799,
  ]);
});

const available = promtoolAvailable();
const skipped = available.ok ? '' : ` (skipped: ${available.reason})`;

it.skipIf(!available.ok)(
  `is read by Prometheus' own judge${skipped}`,
  async () => {
    const judge = async (text: string) => {
      const child = spawn(await preparePromtool(), ['check', 'metrics'], {
        stdio: ['pipe', 'ignore', 'pipe'],
      });
      child.stdin.end(text);
      const [words, [code]] = await Promise.all([streamText(child.stderr), once(child, 'close')]);
      return { code, words: words.trim().split('\n').filter(Boolean) };
    };
    const odd = 'a"b\\c\nd,e}f #';
    const text = metricsText(
      [
        watched('/secrets/nginx/public.crt', {}, { problems: [problem('warning')] }),
        watched(
          'redis:6379',
          { cn: odd, issuer: odd },
          { served: { file: '/secrets/redis/tls.crt', differs: false } },
        ),
        { path: odd, facts: undefined, problems: [problem('unreadable')] },
      ],
      NOW_MS,
    );
    // It reads all of it; the one word is about a name that others read (C6).
    expect(await judge(text)).toEqual({
      code: 3,
      words: ['nginx_ssl_certificate_days_until_expiry use base unit "seconds" instead of "days"'],
    });
    expect(await judge(text.replaceAll('\\"', '"'))).toMatchObject({ code: 1 });
  },
  120_000,
);
