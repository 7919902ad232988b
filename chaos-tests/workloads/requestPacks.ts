import { setTimeout as pause } from 'node:timers/promises';
import { OriginError } from '@origin-stack/sdk';
import type { Attempt } from './ingestLoad.ts';

/** A pack that was accepted, and of what. */
export interface RequestedPack {
  id: string;
  attempt: Attempt;
}

const PAUSE_MS = 50;
const DEADLINE_MS = 60_000;

/**
 * Asks for a pack and asks again until it is accepted. A request whose outcome is unknown may have made a pack that
 * nobody was told of: it must become ready too.
 */
export async function requestPack(attempt: Attempt): Promise<RequestedPack> {
  const uploadId = attempt.reply?.upload_id;
  if (!uploadId) throw new Error('only an acknowledged upload has a pack');
  const giveUpMs = performance.now() + DEADLINE_MS;
  for (;;) {
    try {
      const { id } = await attempt.tenant.client.createEvidencePack({ upload_id: uploadId });
      return { id, attempt };
    } catch (error) {
      if (!(error instanceof OriginError) || performance.now() > giveUpMs) throw error;
      await pause(PAUSE_MS);
    }
  }
}
