import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { zipPack } from './zipPack.ts';

const text = (content: string) => new TextEncoder().encode(content);
const files = new Map([
  ['report.pdf', new Uint8Array(3000).fill(7)],
  ['certificate.jws', text('a.b.c')],
  ['empty.json', text('')],
  ['inputs.json', text('{"größe":1}')],
]);
const names = ['certificate.jws', 'empty.json', 'inputs.json', 'report.pdf'];

/** The fields of a header by APPNOTE.TXT 4.3.7 (local) and 4.3.12 (central), from the flags on. */
function fieldsAt(zip: Buffer, offset: number) {
  const nameLength = zip.readUInt16LE(offset + 20);
  return {
    flags: zip.readUInt16LE(offset),
    method: zip.readUInt16LE(offset + 2),
    time: zip.readUInt16LE(offset + 4),
    date: zip.readUInt16LE(offset + 6),
    crc: zip.readUInt32LE(offset + 8),
    compressed: zip.readUInt32LE(offset + 12),
    size: zip.readUInt32LE(offset + 16),
    nameLength,
    extraLength: zip.readUInt16LE(offset + 22),
  };
}

describe('zipPack', () => {
  test('stores entries sorted by name, dated 1980-01-01 00:00, without flags, extra fields or comments', () => {
    const zip = Buffer.from(zipPack(files));
    const starts: number[] = [];
    let at = 0;
    const expectFields = (offset: number, name: string) => {
      const content = files.get(name)!;
      expect(fieldsAt(zip, offset)).toEqual({
        flags: 0,
        method: 0,
        time: 0,
        date: (0 << 9) | (1 << 5) | 1,
        crc: crc32(content),
        compressed: content.length,
        size: content.length,
        nameLength: name.length,
        extraLength: 0,
      });
    };
    for (const name of names) {
      starts.push(at);
      expect(zip.readUInt32LE(at)).toBe(0x04034b50);
      expectFields(at + 6, name);
      expect(zip.toString('latin1', at + 30, at + 30 + name.length)).toBe(name);
      const content = files.get(name)!;
      at += 30 + name.length;
      expect(zip.subarray(at, at + content.length).equals(content)).toBe(true);
      at += content.length;
    }
    const directory = at;
    for (const [i, name] of names.entries()) {
      expect(zip.readUInt32LE(at)).toBe(0x02014b50);
      expectFields(at + 8, name);
      // comment length, disk, internal and external attributes, then where the entry starts
      expect(zip.subarray(at + 32, at + 42).every((byte) => byte === 0)).toBe(true);
      expect(zip.readUInt32LE(at + 42)).toBe(starts[i]);
      expect(zip.toString('latin1', at + 46, at + 46 + name.length)).toBe(name);
      at += 46 + name.length;
    }
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(names.length, 8);
    end.writeUInt16LE(names.length, 10);
    end.writeUInt32LE(at - directory, 12);
    end.writeUInt32LE(directory, 16);
    expect(zip.subarray(at).equals(end)).toBe(true);
  });

  test('is read back whole by another reader', () => {
    const folder = mkdtempSync(join(tmpdir(), 'zip-pack-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'pack.zip');
    writeFileSync(path, zipPack(files));
    const script = [
      'import json, sys, zipfile',
      'z = zipfile.ZipFile(sys.argv[1])',
      'assert z.testzip() is None',
      'print(json.dumps([[i.filename, i.date_time, i.compress_type, z.read(i).hex()] for i in z.infolist()]))',
    ].join('\n');
    const read = JSON.parse(execFileSync('python3', ['-c', script, path], { encoding: 'utf8' }));
    const hex = (name: string) => Buffer.from(files.get(name)!).toString('hex');
    expect(read).toEqual(names.map((name) => [name, [1980, 1, 1, 0, 0, 0], 0, hex(name)]));
  });

  test('gives the same bytes whatever the order of the files', () => {
    const turned = new Map([...files].reverse());
    expect(Buffer.from(zipPack(turned)).equals(zipPack(files))).toBe(true);
  });

  test.each([
    '../report.pdf',
    '/etc/passwd',
    'a/b/c.json',
    'a/',
    'a/../b.json',
    '1',
    'Größe.json',
    '',
    '__proto__',
  ])('refuses the file name %j', (name) => {
    expect(() => zipPack(new Map([[name, text('x')]]))).toThrow(RangeError);
  });
});
