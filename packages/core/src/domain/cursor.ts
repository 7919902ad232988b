import { DomainError } from './domainError.ts';

/** An opaque cursor behind `position` of a list. */
export function encodeCursor(list: string, position: string): string {
  return Buffer.from(`${list}:${position}`).toString('base64url');
}

/** What a position is made of: the id of the last item, or its number in the ledger. */
const POSITIONS = {
  id: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  sequence: /^[1-9][0-9]{0,14}$/,
} as const;

/** The position of a cursor that this list gave. Throws `unprocessable` for any other. */
export function decodeCursor(list: string, cursor: string, form: keyof typeof POSITIONS = 'id'): string {
  const [name, position = ''] = Buffer.from(cursor, 'base64url').toString('latin1').split(':');
  if (name !== list || !POSITIONS[form].test(position) || encodeCursor(list, position) !== cursor) {
    const errors = [{ pointer: '/cursor', message: 'is not one that this list gave' }];
    throw new DomainError('unprocessable', 'The cursor is not one that this list gave.', { errors });
  }
  return position;
}

/** A page of at most `limit` of the rows, which were read up to one more, and the cursor behind it. */
export function pageOf<T>(
  rows: T[],
  page: { list: string; limit: number; position: (row: T) => string },
): { items: T[]; next_cursor: string | null } {
  const items = rows.slice(0, page.limit);
  const last = items.at(-1);
  const more = rows.length > page.limit && last !== undefined;
  return { items, next_cursor: more ? encodeCursor(page.list, page.position(last)) : null };
}
