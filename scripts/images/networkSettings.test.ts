import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { describeNetwork, findCaBundle } from './networkSettings.ts';

it('is a script that gives a build step the proxies and mirrors of the host, whatever they contain', async () => {
  const proxy = "http://user:it's $HOME@proxy.example:3128";
  const script = await describeNetwork({
    https_proxy: proxy,
    GOPROXY: 'http://go.example',
    HOME: '/h',
    TOKEN: 't',
  });
  expect(script).not.toContain('TOKEN');
  const exported = script
    .split('\n')
    .filter((line) => /^export (https_proxy|GOPROXY)=/.test(line))
    .join('\n');
  const seen = execFileSync('sh', ['-c', `${exported}\nprintf '%s|%s' "$https_proxy" "$GOPROXY"`], {
    env: {},
  });
  expect(seen.toString()).toBe(`${proxy}|http://go.example`);
  execFileSync('sh', ['-n'], { input: script });
});

it('takes the CA bundle that the environment names before that of the system', () => {
  expect(findCaBundle({ SSL_CERT_FILE: import.meta.filename })).toBe(import.meta.filename);
  expect(findCaBundle({ SSL_CERT_FILE: '/nowhere' })).not.toBe('/nowhere');
});
