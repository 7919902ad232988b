import { isIP } from 'node:net';
import { parseNetwork } from '../domain/keys/addressAllowed.ts';

/** How one setting is read from text. `parse` throws an Error whose message says what was expected. */
export interface SettingType<T> {
  parse(text: string): T;
  /** For the reference: what may be written. */
  expects: string;
}

export const text: SettingType<string> = { parse: (value) => value, expects: 'text' };

/** A name or an address to listen at; an IPv6 address with brackets or without. */
export const host: SettingType<string> = {
  expects: 'name or address',
  parse(value) {
    const bare = value.replace(/^\[(.*)\]$/, '$1');
    const isAddress = isIP(bare) !== 0 && (bare === value || isIP(bare) === 6);
    if (isAddress || /^[\w.-]+$/.test(value)) return bare;
    throw new Error('must be a name or an address, without a port');
  },
};

/** Places that something listens at, separated by commas. */
export const listeners: SettingType<{ host: string; port: number }[]> = {
  expects: 'host:port, host:port …',
  parse(value) {
    const parts = value.split(',').map((part) => part.trim());
    return parts.filter(Boolean).map((part) => {
      const [, name = '', port = ''] = /^(.+):([0-9]{1,5})$/.exec(part) ?? [];
      const isBare = name.includes(':') && !name.startsWith('[');
      if (isBare || Number(port) < 1 || Number(port) > 65_535) throw new Error(LISTENERS_WANTED);
      return { host: host.parse(name), port: Number(port) };
    });
  },
};

const LISTENERS_WANTED = 'must be host:port, separated by commas, with brackets around an IPv6 address';

export const oneOf = <T extends string>(...values: T[]): SettingType<T> => ({
  expects: values.join(' | '),
  parse(value) {
    const found = values.find((candidate) => candidate === value);
    if (found === undefined) throw new Error(`must be one of ${values.join(', ')}`);
    return found;
  },
});

export const integer = (min: number, max: number): SettingType<number> => ({
  expects: `integer, ${min} to ${max}`,
  parse(value) {
    const number = Number(value);
    if (!/^-?[0-9]+$/.test(value) || number < min || number > max) {
      throw new Error(`must be an integer from ${min} to ${max}`);
    }
    return number;
  },
});

export const flag: SettingType<boolean> = {
  expects: 'true | false',
  parse(value) {
    if (value !== 'true' && value !== 'false') throw new Error('must be true or false');
    return value === 'true';
  },
};

export const url = (...schemes: string[]): SettingType<string> => ({
  expects: `URL (${schemes.join(', ')})`,
  parse(value) {
    const parsed = URL.canParse(value) ? new URL(value) : undefined;
    if (!parsed || !schemes.includes(parsed.protocol.slice(0, -1))) {
      throw new Error(
        `must be a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
      );
    }
    // A scheme in capitals is the same (RFC 3986 section 3.1), and everybody compares it by its text.
    return value.replace(/^[^:]+/, (scheme) => scheme.toLowerCase()).replace(/\/$/, '');
  },
});

/** Networks, separated by commas. */
export const networks: SettingType<string[]> = {
  expects: 'CIDR, CIDR …',
  parse(value) {
    const parts = value.split(',').map((part) => part.trim());
    const wrong = parts.flatMap((part, index) => (part === '' || parseNetwork(part) ? [] : [index + 1]));
    if (wrong.length > 0) throw new Error(`has an entry that is not a network: number ${wrong.join(', ')}`);
    return parts.filter((part) => part !== '');
  },
};

/** Names of certificates (CN), separated by commas. */
export const names: SettingType<string[]> = {
  expects: 'name, name …',
  parse(value) {
    const parts = value.split(',').map((part) => part.trim());
    if (parts.some((part) => !/^[\w.*@-]{1,64}$/.test(part))) {
      throw new Error('must be names of letters, digits, dots, hyphens and underscores, separated by commas');
    }
    return parts;
  },
};

const PLACEHOLDER_WORD =
  /^(change.?me|secret|password|admin|minioadmin|postgres|redis|root|test|example|placeholder|xxx+|todo)/i;
/** As in `your-key-id`, `alias/your_key` and `<key id>`. */
const PLACEHOLDER_FORM = /(^|[/:])(your[-_ ]|change.?me|<[^<>]*>$)/i;

/** Whether a text is what an example or a default stands for, and nothing that somebody made. */
export const isPlaceholder = (value: string): boolean =>
  PLACEHOLDER_WORD.test(value) || PLACEHOLDER_FORM.test(value);

/** A secret of at least `minLength` characters; never a placeholder. */
export const secret = (minLength: number): SettingType<string> => ({
  expects: `secret, at least ${minLength} characters`,
  parse(value) {
    if (isPlaceholder(value)) throw new Error('is a placeholder: make a random one');
    if (value.length < minLength) throw new Error(`must have at least ${minLength} characters`);
    return value;
  },
});
