const MAGIC = Buffer.from('\xff Go buildinf:', 'latin1');
const HEADER_BYTES = 32;
/** The list of modules stands between two marks of this length. */
const MARK_BYTES = 16;
const INLINE_STRINGS = 2;

/** A Go module in a program, with its version. */
export type GoModule = { name: string; version: string };

/**
 * The modules a Go program was built from, its own first, as the linker wrote them (debug/buildinfo, Go 1.18 and newer).
 * Undefined for what is no such program.
 */
export function readGoModules(program: Buffer): GoModule[] | undefined {
  for (let at = program.indexOf(MAGIC); at >= 0; at = program.indexOf(MAGIC, at + 1)) {
    // The mark is aligned; elsewhere it is a string of a program that looks for it.
    if (at % 16 !== 0 || ((program[at + 15] ?? 0) & INLINE_STRINGS) === 0) continue;
    const version = readString(program, at + HEADER_BYTES);
    const list = readString(program, version.end);
    const lines = list.bytes.subarray(MARK_BYTES, -MARK_BYTES).toString('utf8').split('\n');
    const modules = lines.flatMap((line) => {
      const [kind, name, moduleVersion] = line.split('\t');
      return (kind === 'mod' || kind === 'dep') && name ? [{ name, version: moduleVersion ?? '' }] : [];
    });
    return [...modules, { name: 'stdlib', version: version.bytes.toString('utf8').replace(/^go/, '') }];
  }
  return undefined;
}

/** Bytes behind their length, which is an unsigned varint. */
function readString(program: Buffer, at: number): { bytes: Buffer; end: number } {
  let length = 0;
  let shift = 0;
  for (let byte = 0x80; byte & 0x80; shift += 7) {
    byte = program[at] ?? 0;
    length += (byte & 0x7f) * 2 ** shift;
    at += 1;
  }
  return { bytes: program.subarray(at, at + length), end: at + length };
}
