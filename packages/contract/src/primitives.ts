import { z } from 'zod';
import { freeText } from './freeText.ts';
import { Rfc3339 } from './instant.ts';

/** UUIDv7 in lower-case text. */
export const Id = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  .describe('UUIDv7 in lower-case text');

/** SHA-256 in lower-case hex. */
export const Sha256Hex = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('SHA-256 in lower-case hex');

/** What the service writes: RFC 3339, UTC, six fractional digits. */
export const Timestamp = z
  .string()
  .regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$/)
  .describe('RFC 3339 in UTC with microseconds');

/** What a caller may send: RFC 3339 with any offset, from 1900 on. */
export const GivenTimestamp = Rfc3339.regex(/^(19|20)/, 'must be from 1900 on, and before 2100').meta({
  format: 'date-time',
  description: 'RFC 3339, from 1900 on',
});

const REFERENCE =
  "The caller's own reference. It is signed and published in proofs: it must not be personal data.";

/** A reference that the caller chose, as it stands in what was signed: earlier releases took more. */
export const ExternalId = z
  .string()
  .regex(/^[^\u0000-\u001f\u007f]{1,200}$/u)
  .describe(REFERENCE);

/** A reference that a caller chooses. */
export const GivenExternalId = freeText({ min: 1, max: 200 }).describe(REFERENCE);

/** An identifier of an account or a device: encrypted at rest, and only commitments of it are ever published. */
export const PersonalId = freeText({ min: 1, max: 200 }).describe(
  "The caller's identifier of an account or a device. Encrypted at rest, never published.",
);

export const CorrelationId = z.string().regex(/^[A-Za-z0-9._-]{1,128}$/);

/** `limit` and `cursor` of every list. */
export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,400}$/)
    .optional()
    .describe('next_cursor of the page before'),
});

/** One page of a list. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.strictObject({ items: z.array(item), next_cursor: z.string().nullable() });

/** `{id}` of a path. */
export const IdParams = z.strictObject({ id: Id });
