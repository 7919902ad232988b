import { crc32 } from './crc32.ts';

/** One stored entry: its name, at most one folder deep, and its bytes, a view into the archive. */
export type StoredEntry = { name: string; bytes: Uint8Array };

/** Bounds on the archive, so that a hostile one costs nothing: 64 MiB and 64 entries unless told. */
export type ZipBounds = { maxSizeBytes?: number; maxEntries?: number };

const localSignature = 0x04034b50;
const centralSignature = 0x02014b50;
const endSignature = 0x06054b50;
const endSizeBytes = 22;
const centralSizeBytes = 46;
const localSizeBytes = 30;
const utf8Flag = 0x0800;

/**
 * Reads a ZIP (APPNOTE 6.3.10) of the one plain kind that evidence packs are: stored entries, sorted, back to back, then the directory, then its end, and not one byte more. So two readers cannot see
 * two different archives in it. Throws an `Error` that names the first thing that is otherwise: compression,
 * encryption, zip64, data descriptors, comments, extra fields, several disks, duplicate or unsorted names,
 * entries of folders, nested folders, absolute or `..` names, headers that disagree, a wrong CRC, bytes that no entry lists, a bound.
 */
export function readStoredZip(zip: Uint8Array, bounds: ZipBounds = {}): StoredEntry[] {
  const { maxSizeBytes = 64 * 1024 * 1024, maxEntries = 64 } = bounds;
  if (zip.length > maxSizeBytes) throw new Error(`larger than ${maxSizeBytes} bytes`);
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  const directory = readEnd(view);
  if (directory.entries > maxEntries) throw new Error(`more than ${maxEntries} entries`);

  const entries: StoredEntry[] = [];
  let centralAt = directory.offset;
  let localAt = 0;
  for (let index = 0; index < directory.entries; index += 1) {
    const central = readCentral(view, centralAt, directory.end);
    if (central.localOffset !== localAt) throw new Error(`bytes before or over entry ${central.name}`);
    const dataAt = checkLocal(view, localAt, central);
    localAt = dataAt + central.sizeBytes;
    if (localAt > directory.offset) throw new Error(`entry ${central.name} runs over the directory`);
    const bytes = zip.subarray(dataAt, localAt);
    if (crc32(bytes) !== central.crc) throw new Error(`the CRC of ${central.name} is wrong`);
    checkOrder(entries.at(-1)?.name, central.name);
    entries.push({ name: central.name, bytes });
    centralAt += centralSizeBytes + central.nameBytes.length;
  }
  if (localAt !== directory.offset) throw new Error('bytes between the last entry and the directory');
  if (centralAt !== directory.end) throw new Error('bytes between the directory and its end');
  return entries;
}

function readEnd(view: DataView): { entries: number; offset: number; end: number } {
  const at = view.byteLength - endSizeBytes;
  if (at < 0 || view.getUint32(at, true) !== endSignature) {
    throw new Error('does not end with a ZIP directory: cut, trailing bytes, or a comment');
  }
  const entries = view.getUint16(at + 10, true);
  const sizeBytes = view.getUint32(at + 12, true);
  const offset = view.getUint32(at + 16, true);
  if (entries === 0xffff || sizeBytes === 0xffffffff || offset === 0xffffffff) throw new Error('zip64');
  if (view.getUint32(at + 4, true) !== 0 || view.getUint16(at + 8, true) !== entries) {
    throw new Error('several disks');
  }
  if (view.getUint16(at + 20, true) !== 0) throw new Error('an archive comment');
  if (offset + sizeBytes !== at) throw new Error('the directory is not where its end says, or zip64');
  return { entries, offset, end: at };
}

type Central = {
  name: string;
  nameBytes: Uint8Array;
  flags: number;
  crc: number;
  sizeBytes: number;
  localOffset: number;
};

function readCentral(view: DataView, at: number, end: number): Central {
  if (at + centralSizeBytes > end || view.getUint32(at, true) !== centralSignature) {
    throw new Error('fewer entries in the directory than its end says');
  }
  const nameLength = view.getUint16(at + 28, true);
  if (at + centralSizeBytes + nameLength > end) throw new Error('a name runs over the directory');
  const nameBytes = new Uint8Array(view.buffer, view.byteOffset + at + centralSizeBytes, nameLength);
  const name = readName(nameBytes);
  const flags = view.getUint16(at + 8, true);
  const sizeBytes = view.getUint32(at + 24, true);
  const localOffset = view.getUint32(at + 42, true);
  if ((flags & 1) !== 0) throw new Error(`${name} is encrypted`);
  if ((flags & ~utf8Flag) !== 0) throw new Error(`${name} has flags ${flags}`);
  if (view.getUint16(at + 10, true) !== 0) throw new Error(`${name} is compressed`);
  if (sizeBytes === 0xffffffff || localOffset === 0xffffffff) throw new Error(`${name} is zip64`);
  if (view.getUint32(at + 20, true) !== sizeBytes) throw new Error(`${name} has two sizes`);
  if (view.getUint16(at + 30, true) !== 0) throw new Error(`${name} has extra fields`);
  if (view.getUint16(at + 32, true) !== 0) throw new Error(`${name} has a comment`);
  if (view.getUint16(at + 34, true) !== 0) throw new Error(`${name} is on another disk`);
  return { name, nameBytes, flags, crc: view.getUint32(at + 16, true), sizeBytes, localOffset };
}

function checkLocal(view: DataView, at: number, central: Central): number {
  const { name, nameBytes } = central;
  const dataAt = at + localSizeBytes + nameBytes.length;
  if (dataAt > view.byteLength || view.getUint32(at, true) !== localSignature) {
    throw new Error(`${name} is not where the directory says`);
  }
  const agrees =
    view.getUint16(at + 6, true) === central.flags &&
    view.getUint16(at + 8, true) === 0 &&
    view.getUint32(at + 14, true) === central.crc &&
    view.getUint32(at + 18, true) === central.sizeBytes &&
    view.getUint32(at + 22, true) === central.sizeBytes &&
    view.getUint16(at + 26, true) === nameBytes.length &&
    view.getUint16(at + 28, true) === 0 &&
    nameBytes.every((byte, index) => byte === view.getUint8(at + localSizeBytes + index));
  if (!agrees) throw new Error(`the header of ${name} disagrees with the directory`);
  return dataAt;
}

function readName(bytes: Uint8Array): string {
  const name = String.fromCharCode(...bytes.subarray(0, 256));
  if (bytes.length > 255 || !/^([A-Za-z0-9][A-Za-z0-9._-]*\/)?[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
    throw new Error(
      `an entry has the name ${JSON.stringify(name)}: only plain names are taken, at most one folder deep`,
    );
  }
  return name;
}

function checkOrder(before: string | undefined, name: string): void {
  if (before === name) throw new Error(`two entries have the name ${name}`);
  if (before !== undefined && before > name) throw new Error(`${name} is out of order`);
}
