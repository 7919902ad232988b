import type { IngestRequest } from '@origin-stack/contract/ingest';
import { DomainError } from '../domainError.ts';
import { sha256 } from '../sha256.ts';

export interface ContentFacts {
  sha256: string;
  sizeBytes: number | null;
  mediaType: string;
  pvid: string;
}

/** Hash, size and fingerprint of the content. Throws `unprocessable` where a given size is not the content's. */
export function contentOf(content: IngestRequest['content']): ContentFacts {
  const bytes =
    'text' in content
      ? Buffer.from(content.text)
      : 'base64' in content
        ? Buffer.from(content.base64, 'base64')
        : null;
  const hash = bytes ? sha256(bytes) : (content as { sha256: string }).sha256;
  if (bytes && content.size_bytes !== undefined && content.size_bytes !== bytes.length) {
    throw new DomainError(
      'unprocessable',
      `size_bytes says ${content.size_bytes}, the content has ${bytes.length}.`,
      { errors: [{ pointer: '/content/size_bytes', message: 'is not the size of the content' }] },
    );
  }
  return {
    sha256: hash,
    sizeBytes: bytes?.length ?? content.size_bytes ?? null,
    mediaType: content.media_type,
    pvid: content.pvid ?? `sha256:${hash}`,
  };
}
