import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EntryChange, writeStoredZip } from '../test/writeStoredZip.ts';
import { readStoredZip } from './readStoredZip.ts';

const bytes = Buffer.from('hello');
const two = (change: EntryChange = {}, end = {}) =>
  writeStoredZip(
    [
      { name: 'a.json', bytes: Buffer.from('{}') },
      { name: 'b.json', bytes, change },
    ],
    end,
  );

describe('readStoredZip', () => {
  it('reads what it was given', () => {
    const entries = readStoredZip(two());
    expect(entries.map(({ name, bytes: read }) => [name, Buffer.from(read).toString()])).toEqual([
      ['a.json', '{}'],
      ['b.json', 'hello'],
    ]);
    expect(readStoredZip(writeStoredZip([]))).toEqual([]);
  });

  it("reads a stored archive that Python's zipfile wrote, and refuses its compressed one", () => {
    const script = (method: string) => `
import io, sys, zipfile
buffer = io.BytesIO()
with zipfile.ZipFile(buffer, "w", zipfile.${method}) as archive:
    for name in ("a.json", "b.pdf"):
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.${method}
        archive.writestr(info, name * 100)
sys.stdout.buffer.write(buffer.getvalue())`;
    const written = (method: string) => execFileSync('python3', ['-c', script(method)]);
    const entries = readStoredZip(written('ZIP_STORED'));
    expect(entries.map((entry) => entry.name)).toEqual(['a.json', 'b.pdf']);
    expect(Buffer.from(entries[1]!.bytes).toString()).toBe('b.pdf'.repeat(100));
    expect(() => readStoredZip(written('ZIP_DEFLATED'))).toThrow('compressed');
  });

  it('reads a view into a larger buffer', () => {
    const zip = two();
    const padded = Buffer.concat([Buffer.from('xx'), zip, Buffer.from('yy')]);
    expect(readStoredZip(padded.subarray(2, 2 + zip.length))).toHaveLength(2);
  });

  it.each<[string, EntryChange, string]>([
    ['a compressed entry', { method: 8 }, 'compressed'],
    ['an entry that only the directory calls compressed', { centralMethod: 8 }, 'compressed'],
    ['an entry that only its header calls compressed', { method: 8, centralMethod: 0 }, 'disagrees'],
    ['an encrypted entry', { flags: 1 }, 'encrypted'],
    ['a data descriptor', { flags: 8 }, 'flags'],
    ['another name in the directory than in the header', { centralName: 'c.json' }, 'disagrees'],
    ['another size in the header', { localSize: 4 }, 'disagrees'],
    ['a wrong CRC', { crc: 1 }, 'CRC'],
    ['an extra field in the header', { localExtra: Buffer.from([1, 0, 1, 0, 9]) }, 'disagrees'],
    ['an extra field in the directory', { centralExtra: Buffer.from([1, 0, 1, 0, 9]) }, 'extra'],
    ['a comment on an entry', { centralComment: Buffer.from('hi') }, 'comment'],
    ['bytes hidden before an entry', { before: Buffer.from('hidden') }, 'bytes before'],
    ['an entry that the directory does not list', { hidden: true }, 'bytes between the last entry'],
  ])('refuses %s', (_name, change, message) => {
    expect(() => readStoredZip(two(change))).toThrow(message);
  });

  it.each([
    '/etc/passwd',
    '../up',
    '..',
    '.hidden',
    'dir/dir/file',
    'dir/../file',
    'dir//file',
    'dir/.hidden',
    'dir/',
    'dir\\file',
    'C:x',
    '',
    'a\0b',
    'né.json',
    'a'.repeat(256),
  ])('refuses the name %j', (name) => {
    expect(() => readStoredZip(writeStoredZip([{ name, bytes }]))).toThrow('name');
  });

  it('refuses two entries with one name, and entries out of order', () => {
    const named = (...names: string[]) => writeStoredZip(names.map((name) => ({ name, bytes })));
    expect(() => readStoredZip(named('a', 'a'))).toThrow('two entries');
    expect(() => readStoredZip(named('b', 'a'))).toThrow('out of order');
  });

  it('refuses comments, gaps, trailing and leading bytes, and a count that is not the directory', () => {
    expect(() => readStoredZip(two({}, { comment: Buffer.from('hi') }))).toThrow();
    expect(() => readStoredZip(two({}, { gap: Buffer.from('hidden') }))).toThrow('between the last entry');
    expect(() => readStoredZip(two({}, { afterCentral: Buffer.from('hidden') }))).toThrow(
      'between the directory',
    );
    expect(() => readStoredZip(two({}, { entries: 1 }))).toThrow();
    expect(() => readStoredZip(two({}, { entries: 3 }))).toThrow('fewer entries');
    expect(() => readStoredZip(two({}, { entries: 0xffff }))).toThrow('zip64');
    expect(() => readStoredZip(Buffer.concat([two(), Buffer.from('x')]))).toThrow();
    expect(() => readStoredZip(Buffer.concat([Buffer.from('x'), two()]))).toThrow();
    expect(() => readStoredZip(Buffer.concat([two(), two()]))).toThrow();
  });

  it('refuses more bytes or entries than its bounds', () => {
    expect(() => readStoredZip(two(), { maxEntries: 1 })).toThrow('more than 1 entries');
    expect(() => readStoredZip(two(), { maxSizeBytes: 20 })).toThrow('larger than 20 bytes');
  });

  it('refuses every archive cut at any place, with a plain error', () => {
    const zip = two();
    for (let length = 0; length < zip.length; length += 1) {
      expect(() => readStoredZip(zip.subarray(0, length))).toThrow(Error);
    }
  });

  it('never reads other contents from an archive with one changed byte', () => {
    const zip = two();
    const whole = JSON.stringify(readStoredZip(zip));
    fc.assert(
      fc.property(fc.nat(zip.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(zip);
        changed[at]! ^= flip;
        let read: string;
        try {
          read = JSON.stringify(readStoredZip(changed));
        } catch {
          return;
        }
        // Dates, versions and attributes are not contents: a change there may be read, and reads the same.
        expect(read).toBe(whole);
      }),
      { numRuns: 2000 },
    );
  });
});
