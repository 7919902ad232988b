import { v7 } from 'uuid';
import type { Ids } from '../domain/ports.ts';

/** UUIDv7 (RFC 9562). */
export const randomIds: Ids = { next: () => v7() };
