import { makeInstallationKey } from '../../embedded/installationTenant.ts';
import { openOperator } from '../../embedded/operator.ts';

// Prints a new key of the tenant that is named, which is made where it is not there yet.
const [name] = process.argv.slice(2);
if (!name) throw new Error('name a tenant');
await using operator = await openOperator(undefined);
process.stdout.write(`${await makeInstallationKey(operator, name)}\n`);
