import { expect, test } from 'vitest';
import { publicAddress } from '../bundleClient.ts';
import { publicFetch } from '../publicClient.ts';
import { theBundle } from './theBundle.ts';

const CALLERS = 12;
/** nginx ends a connection after a thousand. */
const REQUESTS = 3_000;

test('our own client loses no request when nginx ends a connection that has served its thousand', async () => {
  const bundle = await theBundle();
  const address = publicAddress(bundle.dir, bundle.settings);
  const ask = publicFetch(address);
  const found: Record<string, number> = {};
  let asked = 0;
  const caller = async () => {
    while (asked < REQUESTS) {
      asked += 1;
      // Refused for want of a key, which costs the API next to nothing.
      const outcome = await ask(`${address.url}/v1/ingest`, { method: 'POST', body: '{}' }).then(
        async (response) => (await response.text()) && String(response.status),
        (error: { cause?: Error }) => String(error.cause?.message),
      );
      found[outcome] = (found[outcome] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  expect(found).toEqual({ 401: asked });
}, 120_000);
