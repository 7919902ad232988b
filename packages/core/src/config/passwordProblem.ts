import { isPlaceholder } from './settingTypes.ts';

const MIN_LENGTH = 8;

/**
 * What is wrong with the password of a connection URL, undefined where nothing is; the password stays out of it.
 * The client of Postgres lets the query overrule the authority, so a password there is judged too.
 */
export function passwordProblem(text: string): string | undefined {
  const url = new URL(text);
  if (!url.password) return 'has no password';
  const users = [decoded(url.username), ...url.searchParams.getAll('user')];
  for (const password of [decoded(url.password), ...url.searchParams.getAll('password')]) {
    if (isPlaceholder(password)) return 'has a placeholder for a password: make a random one';
    if (users.includes(password)) return 'has the name of the user for a password';
    if (password.length < MIN_LENGTH) return `has a password of less than ${MIN_LENGTH} characters`;
  }
  return undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
