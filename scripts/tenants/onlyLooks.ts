import type { Plan } from '../lib/command.ts';

/** The plan of what changes nothing. */
export const onlyLooks = (action: string): Plan => ({ summary: 'would only look', steps: [{ action }] });
