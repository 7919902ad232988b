const mask = '[redacted]';

/** What each pattern finds; the first group, where there is one, is kept to say what was there. */
const patterns: RegExp[] = [
  /(ok_(?:live|op|svc)_[0-9A-Za-z]{8})_[0-9A-Za-z]{32}_[0-9A-Za-z]{6}/g,
  /(whsec_)[A-Za-z0-9+/]{20,}={0,2}/g,
  /([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s@/]+(?=@)/gi,
  /(\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/-]{8,}=*/gi,
  /((?:password|passwd|secret|token|pepper|api[_-]?key|private[_-]?key)["']?\s*[:=]\s*["']?)[^\s"',;}&]+/gi,
  /(-----BEGIN [A-Z ]*PRIVATE KEY-----)[\s\S]*?(?=-----END)/g,
];

/** Masks keys, passwords in URLs, bearer tokens, private keys and named secrets in a text. */
export function redact(text: string): string {
  return patterns.reduce((masked, pattern) => masked.replace(pattern, `$1${mask}`), text);
}

/** A `redact` that also masks these values wherever they stand; texts under 6 characters are left out. */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  const known = secrets
    .filter((secret) => secret.length >= 6)
    .sort((one, other) => other.length - one.length);
  return (text) => known.reduce((masked, secret) => masked.replaceAll(secret, mask), redact(text));
}
