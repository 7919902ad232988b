import { openS3Objects, type S3Objects } from '@origin-stack/core/infra/objects/s3Objects';
import { systemClock } from '@origin-stack/core/infra/systemClock';
import type { TlsIdentity } from '@origin-stack/core/infra/tlsIdentity';

export interface ObjectWork {
  endpoint: string;
  publicUrl: string;
  accessKey: string;
  secretKey: string;
  bucket: string;
  tls: { ca: string; cert: string; key: string };
  steps: ObjectStep[];
}

export type ObjectStep =
  | { put: string; text: string }
  | { get: string }
  | { remove: string }
  | { presign: string };

/** Does the steps with the product's own client, and gives what each brought, or why it failed. */
export async function useObjects({ tls, steps, ...where }: ObjectWork): Promise<string[]> {
  const identity: TlsIdentity = {
    current: () => ({ ...tls, serverCa: tls.ca }),
    onChange: () => () => {},
    close: () => {},
  };
  const store = openS3Objects({
    ...where,
    region: 'us-east-1',
    timeoutMs: 10_000,
    clock: systemClock,
    tls: identity,
  });
  const results: string[] = [];
  for (const step of steps) {
    const said = await take(store, step).catch(
      (error: Error & { reason?: string }) => `${error.reason}: ${error.message}`,
    );
    results.push(said);
  }
  return results;
}

async function take(store: S3Objects, step: ObjectStep): Promise<string> {
  if ('put' in step) {
    await store.put({ key: step.put, bytes: Buffer.from(step.text), contentType: 'text/plain' });
    return 'put';
  }
  if ('get' in step) return Buffer.from(await store.get(step.get)).toString();
  if ('presign' in step) return store.presign({ key: step.presign, fileName: 'a.txt', ttlSeconds: 600 });
  await store.remove([step.remove]);
  return 'removed';
}
