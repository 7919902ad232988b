import { expect, it } from 'vitest';
import { realTenantsOf, tenantsInWords } from './realTenants.ts';

it('counts no tenant that our own commands made', () => {
  expect(realTenantsOf(['self-check', 'demo', 'bench', 'load', 'chaos'])).toEqual([]);
  expect(realTenantsOf(['demo', 'acme', 'load-balancer', 'Demo'])).toEqual(['acme', 'load-balancer', 'Demo']);
});

it('names as many as a line takes, and counts the others', () => {
  expect(tenantsInWords(['acme'])).toBe('the tenant acme');
  expect(tenantsInWords(['a', 'b', 'c'])).toBe('the tenants a, b, c');
  expect(tenantsInWords(['a', 'b', 'c', 'd', 'e'])).toBe('the tenants a, b, c and 2 more');
});
