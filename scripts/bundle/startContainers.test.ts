import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CHECKOUT } from '../lib/checkout.ts';
import type { Container } from './containers.ts';
import { orderOfStart } from './startContainers.ts';

test('nginx never takes a replica out for what requests cause', () => {
  const config = readFileSync(join(CHECKOUT, 'nginx', 'nginx.conf'), 'utf8');
  const replicas = [...config.matchAll(/server api-[ab]:8443 ([^;]*);/g)].map(([, options]) => options);
  expect(replicas).toEqual(['a', 'b'].map(() => expect.stringMatching(/max_fails=0\b.*max_conns=\d+/)));
});

const container = (service: string, health: string): Container => ({
  ...{ service, health, name: service, id: service },
  ...{ state: 'running', exitCode: 0, status: '' },
});

const one = [container('api-b', 'healthy')];
const both = [container('api-a', 'healthy'), ...one, container('worker', 'healthy')];
const replicas = ['api-a', 'api-b'];

test.each([
  ['nothing is there', [], { unread: [], other: [] }, { rolled: [], forced: [] }],
  ['nothing is replaced', both, { unread: [], other: [] }, { rolled: [], forced: [] }],
  ['others are replaced', both, { unread: [], other: ['worker'] }, { rolled: [], forced: [] }],
  [
    'the one that serves is replaced',
    one,
    { unread: [], other: ['api-b'] },
    { rolled: replicas, forced: [] },
  ],
  [
    'no replica serves',
    [container('api-a', 'unhealthy')],
    { unread: ['api-a'], other: ['api-a'] },
    { rolled: [], forced: ['api-a'] },
  ],
  [
    'both serve, and one of them and another have not read a secret',
    both,
    { unread: ['api-b', 'worker'], other: [] },
    { rolled: replicas, forced: ['api-a', 'api-b', 'worker'] },
  ],
])(
  'where %s, replicas are taken one after the other and what changed is forced',
  (_, before, reasons, order) => {
    expect(orderOfStart(before, reasons)).toEqual(order);
  },
);
