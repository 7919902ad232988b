import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CHECKOUT } from '../lib/checkout.ts';
import { locateBundle } from './bundleDir.ts';

test('the bundle of the checkout is named by nothing, another by its folder, whose path is whole', () => {
  expect(locateBundle()).toMatchObject({ root: CHECKOUT, named: [] });
  const root = join(process.cwd(), 'elsewhere');
  expect(locateBundle('elsewhere')).toMatchObject({
    root,
    named: ['--state-dir', root],
    secrets: join(root, 'secrets'),
  });
});
