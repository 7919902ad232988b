import { SETTINGS } from '@origin-stack/core/config/settings';
import { codeParts } from './codeParts.ts';

/** Names in code that look like a setting (capitals with an underscore, or with a value) and are none. */
export function unknownSettings(markdown: string): string[] {
  return codeParts(markdown)
    .flatMap((part) => [
      ...part.matchAll(/(?<![\w$./-])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z]{3,}(?==))(?![\w-])/g),
    ])
    .map(([, name]) => name ?? '')
    .filter((name) => !Object.hasOwn(SETTINGS, name) && !Object.hasOwn(SETTINGS, name.replace(/_FILE$/, '')));
}
