import { parseNetwork } from '../domain/keys/addressAllowed.ts';
import type { SettingType } from './settingTypes.ts';

const LABELS = /^\.?[\w-]+(\.[\w-]+)*$/;
const ENDS_IN_A_NUMBER = /(^|\.)[0-9]+$/;

/** A proxy with its credentials. No part of it stands in a problem. */
export const proxyUrl: SettingType<string> = {
  expects: 'URL (http, https): http(s)://[user:password@]host[:port]',
  parse(value) {
    const url = URL.parse(value);
    const isProxy = url && ['http:', 'https:'].includes(url.protocol) && url.pathname === '/';
    if (!isProxy || url.search || url.hash) {
      throw new Error('must be http(s)://[user:password@]host[:port] and no more');
    }
    const user = decoded(url.username);
    if (user === undefined || decoded(url.password) === undefined) {
      throw new Error('has a % in its user or password that begins no escape: write %25');
    }
    // The password of Basic begins at the first colon.
    if (user.includes(':')) throw new Error('has a user with a colon, which no proxy can be told');
    return value;
  },
};

/** Hosts by name, by domain and by network, separated by commas; in lower case. */
export const hosts: SettingType<string[]> = {
  expects: 'name, .domain, CIDR …',
  parse(value) {
    const parts = value.split(',').map((part) => part.trim().toLowerCase());
    const isHost = (part: string) => LABELS.test(part) && !ENDS_IN_A_NUMBER.test(part);
    const wrong = parts.flatMap((part, index) =>
      part === '' || parseNetwork(part) || isHost(part) ? [] : [index + 1],
    );
    if (wrong.length > 0) {
      const which = wrong.join(', ');
      throw new Error(
        `has an entry that is no name, no .domain and no network (without port and *): number ${which}`,
      );
    }
    return parts.filter((part) => part !== '');
  },
};

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
