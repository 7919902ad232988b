import { z } from 'zod';
import { Id, Sha256Hex, Timestamp } from './primitives.ts';

export const EvidencePackCreate = z.strictObject({ upload_id: Id });
export const EvidencePackAccepted = z.strictObject({ id: Id, status: z.literal('pending') });

export const ARTIFACT_NAMES = ['pack.zip', 'report.pdf', 'evidence.json'] as const;

const Artifact = z.strictObject({
  name: z.enum(ARTIFACT_NAMES),
  storage_key: z.string(),
  sha256: Sha256Hex,
  size_bytes: z.int().min(0),
});

export const EvidencePack = z.strictObject({
  id: Id,
  upload_id: Id,
  status: z.enum(['pending', 'ready', 'failed']),
  artifacts: z.array(Artifact),
  error: z.string().optional(),
});

export const EvidenceDownload = z.strictObject({
  artifacts: z.array(
    z.strictObject({ name: z.enum(ARTIFACT_NAMES), url: z.string(), sha256: Sha256Hex, size_bytes: z.int() }),
  ),
  expires_at: Timestamp,
});

export type EvidencePackCreate = z.infer<typeof EvidencePackCreate>;
export type EvidencePackAccepted = z.infer<typeof EvidencePackAccepted>;
export type EvidencePack = z.infer<typeof EvidencePack>;
export type EvidenceDownload = z.infer<typeof EvidenceDownload>;
export type Artifact = z.infer<typeof Artifact>;
export type ArtifactName = (typeof ARTIFACT_NAMES)[number];
