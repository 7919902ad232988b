import { expect, test } from 'vitest';
import { unreadEnvironment } from './unreadEnvironment.ts';

test('each setting of the shell is named once, with where it is given in this form, and no value', () => {
  const env = {
    LOG_LEVEL: 'hunter2',
    TRUSTED_PROXIES: 'hunter2',
    EGRESS_PROXY_URL_FILE: 'hunter2',
    PATH: '/bin',
  };
  expect(unreadEnvironment('bundle', env)).toEqual([
    'LOG_LEVEL of this shell is not read: ./stack config set LOG_LEVEL=…',
    'TRUSTED_PROXIES of this shell is not read: ./stack up --trusted-proxies CIDR,…',
    'EGRESS_PROXY_URL_FILE of this shell is not read: ./stack up --overlay egress-proxy --secret egress-proxy-url=FILE',
  ]);
  expect(unreadEnvironment('embedded', env)[1]).toBe(
    'TRUSTED_PROXIES of this shell is not read: ./stack config set TRUSTED_PROXIES=…',
  );
});

test('what belongs to other programs of the host is not spoken of', () => {
  expect(unreadEnvironment('embedded', { AWS_REGION: 'eu-central-1', VAULT_ADDR: 'https://v' })).toEqual([]);
  expect(unreadEnvironment('bundle', {})).toEqual([]);
});
