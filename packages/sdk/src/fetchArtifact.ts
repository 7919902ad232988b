import type { EvidenceDownload } from '@origin-stack/contract/evidence';
import { errorOfReply } from './errorOfReply.ts';
import { OriginError } from './originError.ts';
import type { CallOptions, Transport } from './sendRequest.ts';
import { sha256Hex } from './sha256Hex.ts';

/** One artifact of a download: where it is, and what it must be. */
export type ArtifactSource = EvidenceDownload['artifacts'][number];

/**
 * Fetches an artifact by its presigned URL, without the API key: the URL may lead to another host. Reads no
 * more than the size it must have. Throws `OriginError`, `artifact_changed` for another size or hash.
 */
export async function fetchArtifact(
  transport: Transport,
  artifact: ArtifactSource,
  options: CallOptions,
): Promise<Uint8Array> {
  const deadline = AbortSignal.timeout(options.timeoutMs ?? transport.timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  try {
    const url = new URL(artifact.url, `${transport.baseUrl}/`);
    const reply = await transport.fetch(url, { signal, redirect: 'manual' });
    if (!reply.ok) throw await errorOfReply(reply);
    const bytes = await readAtMost(reply, artifact.size_bytes);
    if (bytes?.length === artifact.size_bytes && (await sha256Hex(bytes)) === artifact.sha256) return bytes;
    throw new OriginError({ code: 'artifact_changed', message: `${artifact.name} is not what was recorded` });
  } catch (error) {
    if (error instanceof OriginError) throw error;
    options.signal?.throwIfAborted();
    if (deadline.aborted)
      throw new OriginError({ code: 'timeout', message: 'no whole artifact in time', cause: error });
    throw new OriginError({
      code: 'network_error',
      message: 'the artifact could not be fetched',
      cause: error,
    });
  }
}

/** The whole body, or `null` as soon as it is larger. */
async function readAtMost(reply: Response, sizeBytes: number): Promise<Uint8Array | null> {
  const bytes = new Uint8Array(sizeBytes);
  let length = 0;
  // Safari iterates over no stream.
  const reader = reply.body?.getReader();
  for (;;) {
    const chunk = (await reader?.read())?.value;
    if (chunk === undefined) return bytes.subarray(0, length);
    if (length + chunk.length > sizeBytes) {
      await reader?.cancel();
      return null;
    }
    bytes.set(chunk, length);
    length += chunk.length;
  }
}
