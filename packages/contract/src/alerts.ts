import { z } from 'zod';
import { Rfc3339 } from './instant.ts';

const text = z.string().max(4_096);
const texts = z.record(z.string().max(256), text);

/** What Alertmanager's webhook sends (its format's version 4), as far as it is read here. */
export const AlertNotification = z.object({
  version: z.literal('4'),
  alerts: z
    .array(
      z.object({
        status: z.enum(['firing', 'resolved']),
        labels: texts,
        annotations: texts,
        startsAt: Rfc3339,
        fingerprint: text,
      }),
    )
    .max(1_000),
});

export type AlertNotification = z.infer<typeof AlertNotification>;
