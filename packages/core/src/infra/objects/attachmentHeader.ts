import { ObjectStoreError } from './objectStoreError.ts';

const FILE_NAME = /^[^\p{Cc}\p{Cs}/\\]{1,200}$/u;

/**
 * The value of `Content-Disposition` that saves a download under `fileName` (RFC 6266, RFC 8187). Throws for
 * names with control characters or slashes.
 */
export function attachmentHeader(fileName: string): string {
  if (!FILE_NAME.test(fileName)) {
    throw new ObjectStoreError('invalid', 'not a name for a download: 1 to 200 characters without slashes');
  }
  const ascii = fileName.replace(/[^ -~]|["%]/gu, '_');
  if (ascii === fileName) return `attachment; filename="${fileName}"`;
  const encoded = encodeURIComponent(fileName).replace(/['()*]/g, percentEncode);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
