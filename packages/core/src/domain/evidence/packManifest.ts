import { canonicalJson } from '@origin-stack/sdk';
import { sha256 } from '../sha256.ts';
import type { PackFiles } from './packFiles.ts';

export type ManifestInput = { packId: string; uploadId: string; certificateId: string; files: PackFiles };

export const manifestName = 'manifest.json';
export const manifestSignatureName = 'manifest.jws';

/**
 * The manifest's canonical text: name, SHA-256 and size of every file but itself and its signature, sorted by name. Its
 * UTF-8 bytes are what `manifest.jws` signs.
 */
export function packManifest({ packId, uploadId, certificateId, files }: ManifestInput): string {
  const listed = sortedByName(files)
    .filter(([name]) => name !== manifestName && name !== manifestSignatureName)
    .map(([name, bytes]) => ({
      name,
      sha256: sha256(bytes),
      size_bytes: bytes.length,
    }));
  return canonicalJson({
    v: 1,
    pack_id: packId,
    upload_id: uploadId,
    certificate_id: certificateId,
    files: listed,
  });
}

/** The files with the manifest and its signature (a compact JWS whose payload is the manifest's bytes) among them. */
export function withManifest(files: PackFiles, manifest: string, manifestJws: string): PackFiles {
  const encoder = new TextEncoder();
  return new Map([
    ...files,
    [manifestName, encoder.encode(manifest)],
    [manifestSignatureName, encoder.encode(manifestJws)],
  ]);
}

/** Entries by name, in the order of UTF-16 code units, whatever order the map has. */
export function sortedByName(files: PackFiles): Array<[string, Uint8Array]> {
  return [...files].sort(([a], [b]) => (a < b ? -1 : 1));
}
