import type { JsonObject, JsonValue } from './jsonValue.ts';
import type { PublicJwks } from './jwk.ts';
import { hasExactly, parseCanonicalObject } from './parseCanonicalObject.ts';

/** The files that every pack holds. */
export const packFileNames = [
  'certificate.jws',
  'decision.json',
  'inputs.json',
  'jwks.json',
  'ledger.json',
  'manifest.json',
  'manifest.jws',
  'report.pdf',
] as const;

/** One line of the manifest. */
export type ManifestFile = { name: string; sha256: string; size_bytes: number };

/** `manifest.json`, version 1. */
export type PackManifest = {
  v: 1;
  pack_id: string;
  upload_id: string;
  certificate_id: string;
  files: ManifestFile[];
};

/** The files of a pack by name. */
export type PackFiles = ReadonlyMap<string, Uint8Array>;

/** Reads `manifest.json`, which is canonical text. Throws an `Error` saying what is wrong. */
export function readManifest(files: PackFiles): PackManifest {
  const manifest = parseCanonicalObject(fileOf(files, 'manifest.json'));
  if (manifest === null) throw new Error('manifest.json is not canonical text');
  const names = ['v', 'pack_id', 'upload_id', 'certificate_id', 'files'];
  const ids = ['pack_id', 'upload_id', 'certificate_id'];
  const good =
    hasExactly(manifest, names) &&
    manifest.v === 1 &&
    ids.every((name) => typeof manifest[name] === 'string') &&
    Array.isArray(manifest.files) &&
    manifest.files.every(isManifestFile);
  if (!good) throw new Error('manifest.json is not a manifest of version 1');
  return manifest as JsonObject & PackManifest;
}

function isManifestFile(file: JsonValue): boolean {
  return (
    hasExactly(file, ['name', 'sha256', 'size_bytes']) &&
    typeof file.name === 'string' &&
    typeof file.sha256 === 'string' &&
    Number.isSafeInteger(file.size_bytes)
  );
}

/** Reads the key set that the pack brought. Throws an `Error` when it is none. */
export function readPackJwks(files: PackFiles): PublicJwks {
  const { keys } = readObject(files, 'jwks.json');
  if (!Array.isArray(keys)) throw new Error('jwks.json is not a key set');
  return { keys } as unknown as PublicJwks;
}

/** Reads a JSON file of the pack that must hold an object. Throws an `Error` otherwise. */
export function readObject(files: PackFiles, name: string): JsonObject {
  const value: JsonValue = JSON.parse(readText(files, name));
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new Error(`${name} is not a JSON object`);
  }
  return value;
}

/** Reads a file of the pack as UTF-8. Throws when it is not there or not UTF-8. */
export function readText(files: PackFiles, name: string): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(fileOf(files, name));
}

/** The bytes of a file of the pack. Throws an `Error` when it is not there. */
export function fileOf(files: PackFiles, name: string): Uint8Array {
  const bytes = files.get(name);
  if (bytes === undefined) throw new Error(`${name} is missing`);
  return bytes;
}
