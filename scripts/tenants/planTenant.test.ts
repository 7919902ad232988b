import { expect, it } from 'vitest';
import type { Operator } from '../embedded/operator.ts';
import { OWN_TENANTS } from './ownTenants.ts';
import { lookBeforeCreating } from './planTenant.ts';

it('makes no tenant by a name that a command keeps for itself, and names another', async () => {
  // Nothing is asked of the database.
  const operator = {} as Operator;
  for (const name of OWN_TENANTS) {
    await expect(lookBeforeCreating(operator, [name])).rejects.toMatchObject({
      message: `no tenant of yours may be called ${name}`,
      next: `./stack tenant create my-${name}`,
    });
  }
});
