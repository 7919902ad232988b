import { DomainError } from '@origin-stack/core/domain/domainError';
import { ObjectStoreError } from '@origin-stack/core/infra/objects/objectStoreError';
import { verifyObjectUrl } from '@origin-stack/core/infra/objects/objectUrl';
import type { Express } from 'express';
import type { ApiDeps } from '../wire.ts';
import { stateOf } from './requestState.ts';

/**
 * Serves the objects of the local folder by signed URL, as an S3 store would by itself; only in development.
 * No key is needed: whoever holds the URL was given the object.
 */
export function serveObjects(app: Express, deps: ApiDeps): void {
  if (deps.objects.name !== 'filesystem') return;
  app.all('/objects/*key', async (request, response) => {
    stateOf(request).route = '/objects/{key}';
    // The method is signed, as with S3: the URL is good for GET alone.
    if (request.method !== 'GET') {
      response.set('Allow', 'GET');
      throw new DomainError('method_not_allowed', `${request.method} is not allowed here; GET is.`);
    }
    const key = [request.params.key].flat().join('/');
    const { expires, name, signature } = request.query;
    const given = { expires: String(expires), name: String(name), signature: String(signature) };
    const nowSeconds = deps.clock.epochMs() / 1000;
    if (!verifyObjectUrl({ urlKey: deps.keyring.objectUrls, key, ...given, nowSeconds })) {
      throw new DomainError('not_found', 'The URL is not one that was given, or it has expired.');
    }
    const bytes = await deps.objects.get(key).catch((error: unknown) => {
      if (error instanceof ObjectStoreError && error.reason === 'missing') {
        throw new DomainError('not_found', 'The object is gone.', { cause: error });
      }
      throw error;
    });
    response.attachment(given.name).send(Buffer.from(bytes));
  });
}
