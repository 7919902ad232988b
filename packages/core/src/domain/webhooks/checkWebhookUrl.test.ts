import { describe, expect, it } from 'vitest';
import { createAddressRules } from './addressRules.ts';
import { checkWebhookUrl } from './checkWebhookUrl.ts';

const strict = createAddressRules({ allowedCidrs: [], neverEndpoints: [] });
const loopback = createAddressRules({
  allowedCidrs: ['127.0.0.0/8', '::1/128', '10.1.0.0/16'],
  neverEndpoints: [],
});
const refusal = expect.objectContaining({ code: 'url_refused' });

describe('checkWebhookUrl', () => {
  it.each([
    ['https://hook.example', 'https://hook.example/'],
    ['HTTPS://Hook.Example:443/A?b=c', 'https://hook.example/A?b=c'],
    ['http://hook.example:8080/', 'http://hook.example:8080/'],
    ['https://8.8.8.8/', 'https://8.8.8.8/'],
    ['https://[2606:4700::1111]/', 'https://[2606:4700::1111]/'],
    ['https://bücher.example/', 'https://xn--bcher-kva.example/'],
    ['https://hook.example/a@b', 'https://hook.example/a@b'],
  ])('accepts %s', (text, href) => {
    expect(checkWebhookUrl(strict, text)).toBe(href);
  });

  it.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0x7f000001/',
    'http://017700000001/',
    'http://127.1/',
    'http://127.0.0.1./',
    'http://0/',
    'http://0.0.0.0/',
    'http://10.0.0.5/',
    'http://10.1/',
    'http://172.16.0.1/',
    'http://192.168.1.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://100.64.0.1/',
    'http://100.100.100.200/',
    'http://168.63.129.16/',
    'http://224.0.0.1/',
    'http://240.0.0.1/',
    'http://255.255.255.255/',
    'http://192.0.2.1/',
    'http://198.18.0.1/',
    'http://[::]/',
    'http://[::1]/',
    'http://[::ffff:10.1.2.3]/',
    'http://[::ffff:8.8.8.8]/',
    'http://[::10.1.2.3]/',
    'http://[64:ff9b::a01:203]/',
    'http://[64:ff9b:1::a01:203]/',
    'http://[2002:a01:203::1]/',
    'http://[2001:0:a01:203::1]/',
    'http://[fc00::1]/',
    'http://[fd00:ec2::254]/',
    'http://[fe80::1]/',
    'http://[fe80::1%25eth0]/',
    'http://[fec0::1]/',
    'http://[ff02::1]/',
    'http://[2001:db8::1]/',
    'http://[3fff::1]/',
    'http://localhost/',
    'http://localhost./',
    'http://LOCALHOST:8080/',
    'http://a.localhost/',
    'http://１２７.0.0.1/',
    'http://127。0。0。1/',
    'http://①②⑦.0.0.1/',
    'http://127%2e0%2e0%2e1/',
    'http://loc%61lhost/',
  ])('refuses %s, which leads inside', (text) => {
    expect(() => checkWebhookUrl(strict, text)).toThrow(refusal);
  });

  it.each([
    'http://010.0.0.1/', // 8.0.0.1 to us, 10.0.0.1 to others
    'http://134744072/', // 8.8.8.8
    'http://8.8.2056/',
    'http://8.8.8.8./',
    'http://８.8.8.8/',
  ])('refuses %s: a public address, but not in four plain decimals', (text) => {
    expect(() => checkWebhookUrl(strict, text)).toThrow(refusal);
  });

  it.each([
    'ftp://hook.example/',
    'file:///etc/passwd',
    'gopher://hook.example/',
    'javascript:alert(1)',
    'hook.example/a',
    '',
    'https://',
    'https:hook.example',
    'https:/hook.example',
    'https://user@hook.example/',
    'https://user:word@hook.example/',
    'https://@hook.example/',
    'https://:@hook.example/',
    'https://hook.example@127.0.0.1/',
    'https://hook.example\\@127.0.0.1/',
    'https:\\\\hook.example/',
    'https://hook.example/#part',
    'https://hook.example/#',
    'https://hook.exa\tmple/',
    'https://hook.example/a\nHost: other',
    ' https://hook.example/',
    'https://hook.example/ ',
    'https://hook.example/a b',
    'https://hook.example/a\\b',
    'https://hook.example/\u0000',
    'https://hook.example:0/',
    'https://hook.example:22/',
    'https://hook.example:25/',
    'https://hook.example:6667/',
    'https://hook.example:65536/',
    'https://256.1.1.1/',
    'https://1.2.3.4.5/',
    'https://[::1/',
  ])('refuses %j for its form', (text) => {
    expect(() => checkWebhookUrl(loopback, text)).toThrow(refusal);
  });

  it("accepts the operator's own networks, and the names of loopback with it", () => {
    expect(checkWebhookUrl(loopback, 'http://127.0.0.1:40000/')).toBe('http://127.0.0.1:40000/');
    expect(checkWebhookUrl(loopback, 'http://localhost:40000/')).toBe('http://localhost:40000/');
    expect(checkWebhookUrl(loopback, 'http://10.1.2.3/')).toBe('http://10.1.2.3/');
    expect(() => checkWebhookUrl(loopback, 'http://10.2.0.1/')).toThrow(refusal);
  });

  it.each([
    'http://10.1.2.3/',
    'https://10.1.2.4/',
    'http://127.0.0.1:6379/',
    'http://[::1]:6379/',
    'http://localhost:6379/',
  ])('refuses %s, a port of our own, though its network is allowed', (text) => {
    const rules = createAddressRules({
      allowedCidrs: ['127.0.0.0/8', '::1/128', '10.1.0.0/16'],
      neverEndpoints: [
        { networks: ['127.0.0.0/8', '::1/128'], port: 6379 },
        { networks: ['10.1.2.3/32'], port: 80 },
        { networks: ['10.1.2.4/32'], port: 443 },
      ],
    });
    expect(() => checkWebhookUrl(rules, text)).toThrow(refusal);
    expect(checkWebhookUrl(rules, 'http://localhost:6380/')).toBe('http://localhost:6380/');
  });
});
