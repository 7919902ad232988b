import { DomainError } from '../domainError.ts';
import type { AddressRules } from './addressRules.ts';

/** Ports above 1023 that the Fetch standard blocks ("port blocking"): what listens there is not HTTP. */
const BLOCKED_PORTS = new Set([
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697,
  10080,
]);

const refuse = (detail: string): never => {
  throw new DomainError('url_refused', detail);
};

/**
 * The URL of a webhook as it is stored and used: parsed and written again by the WHATWG rules, so that what was
 * checked is what is connected to. Throws `url_refused` for another scheme than http and https, user
 * information, a fragment, white space, a backslash, a port below 1024 other than 80 and 443 or one the Fetch
 * standard blocks, an address that the rules do not admit, and an IPv4 address that is not written as four
 * plain decimals. What a name leads to is checked at every connect.
 */
export function checkWebhookUrl(rules: AddressRules, text: string): string {
  // The parser would drop tabs and newlines and read a backslash as a slash: other programs do not.
  if (/[\s\\]/.test(text) || hasControlCharacter(text)) refuse('The URL holds a character that no URL has.');
  const url = URL.parse(text) ?? refuse('This is not a URL.');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') refuse('The URL is neither https nor http.');
  if (!text.slice(url.protocol.length).startsWith('//')) refuse('Two slashes follow the scheme of a URL.');
  if (text.includes('#')) refuse('The URL of a webhook has no fragment.');
  const authority = text.slice(url.protocol.length + 2).split(/[/?]/, 1)[0] ?? '';
  if (authority.includes('@')) refuse('The URL of a webhook has no user information.');
  checkPort(url);
  checkHost(rules, url, authority);
  return url.href;
}

function hasControlCharacter(text: string): boolean {
  return [...text].some((character) => character < ' ' || character === '\u007f');
}

function checkPort(url: URL): void {
  if (url.port === '') return;
  const port = Number(url.port);
  const isAllowed = port === 80 || port === 443 || (port >= 1024 && !BLOCKED_PORTS.has(port));
  if (!isAllowed) refuse(`A webhook may not use port ${port}.`);
}

/** The port that a URL of http or https leads to. */
export const portOf = (url: URL): number => Number(url.port || (url.protocol === 'https:' ? 443 : 80));

function checkHost(rules: AddressRules, url: URL, authority: string): void {
  const { hostname } = url;
  const admits = (address: string) => rules.admits(address, portOf(url));
  if (hostname.startsWith('[')) {
    if (!admits(hostname.slice(1, -1))) refuse('The address is not one that webhooks may reach.');
  } else if (/^[0-9.]+$/.test(hostname)) {
    // After parsing only an IPv4 address ends in a number. 010.0.0.1 is 8.0.0.1 to one tool, 10.0.0.1 to another.
    if (authority.replace(/:[0-9]*$/, '') !== hostname) refuse(`Write the address as ${hostname}.`);
    if (!admits(hostname)) refuse('The address is not one that webhooks may reach.');
  } else if (/(^|\.)localhost\.?$/.test(hostname)) {
    // RFC 6761: these names lead to loopback wherever they are resolved.
    if (!admits('127.0.0.1') && !admits('::1')) refuse('A webhook may not reach this machine.');
  }
}
