import { describe, expect, it } from 'vitest';
import { hosts, proxyUrl } from './proxySettingTypes.ts';

describe('the URL of a proxy', () => {
  it.each([
    'http://proxy:3128',
    'http://proxy:3128/',
    'https://proxy.example.org',
    'http://user@10.0.0.1:8080',
    'http://user:p%40ss@[fd00::1]:3128',
  ])('may be %s', (text) => expect(proxyUrl.parse(text)).toBe(text));

  it.each([
    'socks5://user:hunter2@proxy:1080',
    'proxy.hunter2:3128',
    'hunter2:3128',
    'http://user:hunter2@proxy:3128/path',
    'http://user:hunter2@proxy:3128/?a=b',
    'http://user:hunter2@proxy:3128/#a',
    'http://user:hunter2@proxy:99999',
    'http://user:hunter2%zz@proxy:3128',
    'http://us%3Aer:hunter2@proxy:3128',
    'http://user:hunter2@',
  ])('may not be %s, and the problem does not repeat it', (text) => {
    expect(() => proxyUrl.parse(text)).toThrow(/^(must be http|has a)/);
    expect(() => proxyUrl.parse(text)).not.toThrow(/hunter2/);
  });
});

describe('hosts without the proxy', () => {
  it('are names, domains and networks', () => {
    const text = 'API.example.org, .corp.example,10.0.0.0/8 ,fd00::/8,192.0.2.1,,my_host,::1';
    const read = [
      'api.example.org',
      '.corp.example',
      '10.0.0.0/8',
      'fd00::/8',
      '192.0.2.1',
      'my_host',
      '::1',
    ];
    expect(hosts.parse(text)).toEqual(read);
  });

  it.each([
    '*',
    '*.example.org',
    'host:443',
    'http://host',
    '10.0.0.5/8',
    '10.0.0',
    '300.1.1.1',
    'a b',
    '.',
    'a..b',
  ])('are not %s, which is told by its place', (text) => {
    expect(() => hosts.parse(`good.example,${text}`)).toThrow(/number 2$/);
  });
});
