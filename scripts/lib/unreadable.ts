import { PreconditionError } from './commandErrors.ts';
import { printable } from './printable.ts';

const WHY: Record<string, string> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is a file',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  ELOOP: 'its links lead in a circle',
};

/** The error for a file that somebody named and that cannot be read, in plain words, with what to type. */
export function unreadable(
  file: string,
  { code, message }: NodeJS.ErrnoException,
  next: string,
): PreconditionError {
  const why = (code !== undefined && WHY[code]) || message;
  return new PreconditionError({ what: `cannot read ${printable(file)}`, why, next });
}
