import { SETTINGS } from '@origin-stack/core/config/settings';
import { codeParts } from './codeParts.ts';

/** What every program on a host behind a proxy reads. */
const OF_THE_HOST = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];

/** Names in code that look like a setting (capitals with an underscore, or with a value) and are none. */
export function unknownSettings(markdown: string): string[] {
  return codeParts(markdown)
    .flatMap((part) => [
      ...part.matchAll(/(?<![\w$./-])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z]{3,}(?==))(?![\w-])/g),
    ])
    .map(([, name]) => name ?? '')
    .filter((name) => !OF_THE_HOST.includes(name))
    .filter((name) => !Object.hasOwn(SETTINGS, name) && !Object.hasOwn(SETTINGS, name.replace(/_FILE$/, '')));
}
