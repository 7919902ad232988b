import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Clock, ObjectStore } from '../../../domain/ports.ts';

export type StoreUnderTest = {
  store: ObjectStore;
  /** Addresses where a stranger might hope for a list of objects. */
  listingUrls: string[];
  stop: () => Promise<void>;
};

/** What every object store promises; `start` opens an empty one on the given clock. */
export function objectStoreContract(
  start: (clock: Clock) => Promise<StoreUnderTest>,
  startTimeoutMs = 60_000,
): void {
  let subject: StoreUnderTest;
  let shiftMs = 0;
  const clock: Clock = {
    now: () => new Date(Date.now() + shiftMs).toISOString(),
    epochMs: () => Date.now() + shiftMs,
  };
  beforeAll(async () => {
    subject = await start(clock);
  }, startTimeoutMs);
  afterAll(() => subject?.stop());

  const put = async (key: string, bytes: Uint8Array = Buffer.from(`content of ${key}`)) => {
    await subject.store.put({ key, bytes, contentType: 'application/octet-stream' });
    return bytes;
  };
  const presign = (key: string, fileName = 'pack.zip', ttlSeconds = 60) =>
    subject.store.presign({ key, fileName, ttlSeconds });
  const changed = (url: string, change: (url: URL) => void) => {
    const copy = new URL(url);
    change(copy);
    return copy.href;
  };

  test.each([0, 1, 255, 70_000, 6_000_000])('gives back exactly the %i bytes that were put', async (size) => {
    const bytes = await put(`sizes/${size}`, randomBytes(size));
    expect(Buffer.compare(await subject.store.get(`sizes/${size}`), bytes)).toBe(0);
  });

  test('puts the bytes of a view and not the memory behind it', async () => {
    await put(
      'view',
      new Uint8Array(Buffer.from('secret|seen|secret').buffer.slice(0)).fill(65).subarray(2, 6),
    );
    expect(Buffer.from(await subject.store.get('view')).toString()).toBe('AAAA');
  });

  test('replaces an object as a whole', async () => {
    await put('again', Buffer.from('a long first version'));
    await put('again', Buffer.from('second'));
    expect(Buffer.from(await subject.store.get('again')).toString()).toBe('second');
  });

  test('keeps one whole object when many write it at once', async () => {
    const versions = Array.from({ length: 12 }, (_, index) => Buffer.alloc(50_000, index));
    await Promise.all(versions.map((bytes) => put('race', bytes)));
    const kept = await subject.store.get('race');
    expect(versions.some((bytes) => Buffer.compare(bytes, kept) === 0)).toBe(true);
  });

  test('says that an object is missing', async () => {
    await expect(subject.store.get('tenant/none')).rejects.toMatchObject({
      name: 'ObjectStoreError',
      reason: 'missing',
    });
  });

  test('removes the named objects and no other, and takes what is gone for removed', async () => {
    for (const key of ['t/p1/a', 't/p1/b', 't/p10/a']) await put(key);
    await subject.store.remove(['t/p1/a', 't/p1/b', 't/p1/never']);
    await subject.store.remove(['t/p1/a']);
    await subject.store.remove([]);
    await expect(subject.store.get('t/p1/a')).rejects.toMatchObject({ reason: 'missing' });
    await expect(subject.store.get('t/p1/b')).rejects.toMatchObject({ reason: 'missing' });
    expect(Buffer.from(await subject.store.get('t/p10/a')).toString()).toBe('content of t/p10/a');
  });

  test.each([
    '',
    '.',
    '..',
    '../outside',
    'a/../../outside',
    '/etc/passwd',
    'a//b',
    'a/',
    'a/./b',
    'a\\..\\b',
    'a\0b',
    'a\nb',
    '%2e%2e/outside',
    'ключ',
    'a b',
    'x'.repeat(256),
    'x/'.repeat(512).concat('y'),
  ])('refuses the key %j in every operation', async (key) => {
    const refusal = { name: 'ObjectStoreError', reason: 'invalid' };
    await expect(put(key, Buffer.from('x'))).rejects.toMatchObject(refusal);
    await expect(subject.store.get(key)).rejects.toMatchObject(refusal);
    await expect(subject.store.remove(['fine', key])).rejects.toMatchObject(refusal);
    await expect(presign(key)).rejects.toMatchObject(refusal);
  });

  test('lets whoever holds the URL download the object under its file name', async () => {
    const bytes = await put('tenant/pack-1/pack.zip', randomBytes(4000));
    const reply = await fetch(await presign('tenant/pack-1/pack.zip', 'evidence 7.zip'));
    expect(reply.status).toBe(200);
    expect(Buffer.from(await reply.arrayBuffer()).equals(bytes)).toBe(true);
    expect(reply.headers.get('content-disposition')).toBe('attachment; filename="evidence 7.zip"');
  });

  test('carries file names beyond ASCII', async () => {
    await put('names');
    const reply = await fetch(await presign('names', 'Prüfbericht "1".pdf'));
    expect(reply.status).toBe(200);
    expect(reply.headers.get('content-disposition')).toBe(
      `attachment; filename="Pr_fbericht _1_.pdf"; filename*=UTF-8''Pr%C3%BCfbericht%20%221%22.pdf`,
    );
  });

  test('refuses a URL whose signature, expiry, name or key was changed, or that has none', async () => {
    await put('mine/a');
    await put('mine/b');
    const url = await presign('mine/a');
    const parameter = (pattern: RegExp) =>
      [...new URL(url).searchParams.keys()].find((key) => pattern.test(key))!;
    const [signature, expires, name] = [/signature$/i, /expires$/i, /^name$|disposition$/].map(parameter);
    const flip = (text: string) => text.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    const attempts = [
      changed(url, ({ searchParams }) => searchParams.set(signature!, flip(searchParams.get(signature!)!))),
      changed(url, ({ searchParams }) => searchParams.set(signature!, '')),
      changed(url, ({ searchParams }) => searchParams.delete(signature!)),
      changed(url, ({ searchParams }) => searchParams.set(expires!, `${searchParams.get(expires!)}0`)),
      changed(url, ({ searchParams }) => searchParams.set(name!, 'other.zip')),
      changed(url, (other) => {
        other.pathname = other.pathname.replace('mine/a', 'mine/b');
      }),
      changed(url, (other) => {
        other.search = '';
      }),
    ];
    expect((await fetch(url)).status).toBe(200);
    for (const attempt of attempts) {
      const reply = await fetch(attempt);
      expect([400, 403]).toContain(reply.status);
      expect(await reply.text()).not.toContain('content of');
    }
  });

  test('refuses a URL after its time', async () => {
    await put('late');
    shiftMs = -61_000;
    const expired = await presign('late', 'late.zip', 60).finally(() => {
      shiftMs = 0;
    });
    const reply = await fetch(expired);
    expect([400, 403]).toContain(reply.status);
    expect(await reply.text()).not.toContain('content of');
  });

  test('refuses HEAD with a URL that was signed for GET', async () => {
    await put('head');
    expect((await fetch(await presign('head'), { method: 'HEAD' })).status).toBe(403);
  });

  test('shows a stranger no list of objects', async () => {
    await put('hidden-key/object');
    expect(subject.listingUrls.length).toBeGreaterThan(0);
    for (const url of subject.listingUrls) {
      const reply = await fetch(url);
      expect(reply.status).toBeGreaterThanOrEqual(400);
      expect(await reply.text()).not.toContain('hidden-key');
    }
  });

  test('refuses download times outside 1 second to 7 days and unfit file names', async () => {
    for (const ttlSeconds of [0, -1, 1.5, Number.NaN, 7 * 24 * 3600 + 1]) {
      await expect(presign('key', 'a.zip', ttlSeconds)).rejects.toMatchObject({ reason: 'invalid' });
    }
    for (const fileName of ['', 'a/b', 'a\\b', 'a\r\nX-Header: 1', '\ud800', 'x'.repeat(201)]) {
      await expect(presign('key', fileName)).rejects.toMatchObject({ reason: 'invalid' });
    }
  });

  test('is ready when it can be used', async () => {
    await expect(subject.store.check()).resolves.toBeUndefined();
  });
}
