import { crc32 } from 'node:zlib';

/** What a hostile writer may set otherwise, per entry and for the end record. */
export type EntryChange = Partial<{
  centralName: string;
  flags: number;
  method: number;
  centralMethod: number;
  localSize: number;
  localExtra: Buffer;
  centralExtra: Buffer;
  centralComment: Buffer;
  crc: number;
  before: Buffer;
  hidden: boolean;
}>;

/** Writes a stored ZIP by hand, dated 1980-01-01, each field open to change. */
export function writeStoredZip(
  entries: Array<{ name: string; bytes: Uint8Array; change?: EntryChange }>,
  end: { comment?: Buffer; gap?: Buffer; entries?: number; afterCentral?: Buffer } = {},
): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const { name, bytes, change = {} } of entries) {
    const fields = { flags: 0, method: 0, ...change };
    const crc = change.crc ?? crc32(bytes);
    const before = change.before ?? Buffer.alloc(0);
    const localExtra = change.localExtra ?? Buffer.alloc(0);
    const nameBytes = Buffer.from(name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(10, 4);
    local.writeUInt16LE(fields.flags, 6);
    local.writeUInt16LE(fields.method, 8);
    local.writeUInt16LE(0x21, 12);
    local.writeUInt32LE(crc, 14);
    local.writeUInt32LE(change.localSize ?? bytes.length, 18);
    local.writeUInt32LE(change.localSize ?? bytes.length, 22);
    local.writeUInt16LE(nameBytes.length, 26);
    local.writeUInt16LE(localExtra.length, 28);
    const written = Buffer.concat([before, local, nameBytes, localExtra, bytes]);
    if (!change.hidden) {
      const centralName = Buffer.from(change.centralName ?? name);
      const extra = change.centralExtra ?? Buffer.alloc(0);
      const comment = change.centralComment ?? Buffer.alloc(0);
      const central = Buffer.alloc(46);
      central.writeUInt32LE(0x02014b50, 0);
      central.writeUInt16LE(10, 4);
      central.writeUInt16LE(10, 6);
      central.writeUInt16LE(fields.flags, 8);
      central.writeUInt16LE(change.centralMethod ?? fields.method, 10);
      central.writeUInt16LE(0x21, 14);
      central.writeUInt32LE(crc, 16);
      central.writeUInt32LE(bytes.length, 20);
      central.writeUInt32LE(bytes.length, 24);
      central.writeUInt16LE(centralName.length, 28);
      central.writeUInt16LE(extra.length, 30);
      central.writeUInt16LE(comment.length, 32);
      central.writeUInt32LE(offset + before.length, 42);
      centrals.push(Buffer.concat([central, centralName, extra, comment]));
    }
    locals.push(written);
    offset += written.length;
  }
  const directory = Buffer.concat([...centrals, end.afterCentral ?? Buffer.alloc(0)]);
  const gap = end.gap ?? Buffer.alloc(0);
  const comment = end.comment ?? Buffer.alloc(0);
  const last = Buffer.alloc(22);
  last.writeUInt32LE(0x06054b50, 0);
  last.writeUInt16LE(end.entries ?? centrals.length, 8);
  last.writeUInt16LE(end.entries ?? centrals.length, 10);
  last.writeUInt32LE(directory.length, 12);
  last.writeUInt32LE(offset + gap.length, 16);
  last.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...locals, gap, directory, last, comment]);
}
