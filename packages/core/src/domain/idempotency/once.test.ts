import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomIds } from '../../infra/randomIds.ts';
import { openTestBed, type TestBed } from '../../testing/openTestBed.ts';
import { DomainError } from '../domainError.ts';
import { once, type Reply } from './once.ts';

let bed: TestBed;
let tenantId: string;
beforeAll(async () => {
  bed = await openTestBed();
  ({ tenantId } = await bed.newTenant());
});
afterAll(() => bed.close());

const whole = (body: unknown) => body;
const newRequest = () => ({
  tenantId,
  credentialId: randomIds.next(),
  key: `key-${randomIds.next()}`,
  requestMac: randomBytes(32),
  redact: whole,
});
type Request = ReturnType<typeof newRequest>;
const send = (request: Request, run: () => Promise<Reply>) => once({ db: bed.api }, request, run);
const created = async () => ({ status: 201, body: { id: 1 } });
const never = async (): Promise<Reply> => {
  throw new Error('it ran again');
};
const row = ({ key }: Request) => bed.owner('idempotency_keys').where({ key });

describe('once', () => {
  it('runs a request and gives its repetition the first reply', async () => {
    const request = newRequest();
    expect(await send(request, created)).toEqual({ status: 201, body: { id: 1 }, repeated: false });
    expect(await send(request, never)).toEqual({ status: 201, body: { id: 1 }, repeated: true });
  });

  it('keeps no secret: the repetition gets what was left of the reply, and so does the database', async () => {
    const request = { ...newRequest(), redact: (body: unknown) => ({ ...(body as object), secret: null }) };
    const run = async () => ({ status: 201, body: { id: 1, secret: 'whsec_canary' } });
    expect((await send(request, run)).body).toEqual({ id: 1, secret: 'whsec_canary' });
    expect((await send(request, never)).body).toEqual({ id: 1, secret: null });
    expect(JSON.stringify(await row(request))).not.toContain('canary');
  });

  it('keeps a reply without a body', async () => {
    const request = newRequest();
    await send(request, async () => ({ status: 204, body: undefined }));
    expect(await send(request, never)).toEqual({ status: 204, body: null, repeated: true });
  });

  it('refuses another request under the same key', async () => {
    const request = newRequest();
    await send(request, created);
    await expect(send({ ...request, requestMac: randomBytes(32) }, never)).rejects.toMatchObject({
      code: 'idempotency_conflict',
    });
  });

  it('belongs to one tenant and credential: another one’s same key is another request', async () => {
    const request = newRequest();
    await send(request, created);
    const other = await bed.newTenant();
    for (const own of [{ credentialId: randomIds.next() }, { tenantId: other.tenantId }]) {
      expect(await send({ ...request, ...own }, created)).toMatchObject({ repeated: false });
    }
  });

  it('does not keep a refusal: mended, the request may be sent again under its key', async () => {
    const request = newRequest();
    await expect(
      send(request, async () => {
        throw new DomainError('unprocessable', 'refused');
      }),
    ).rejects.toThrow('refused');
    expect(await send({ ...request, requestMac: randomBytes(32) }, created)).toMatchObject({
      repeated: false,
    });
  });

  it('keeps the key taken after an error that does not say whether anything was done', async () => {
    for (const error of [
      new Error('Connection terminated unexpectedly'),
      new DomainError('dependency_unavailable', 'away'),
    ]) {
      const request = newRequest();
      const failing = send(request, async () => {
        throw error;
      });
      await expect(failing).rejects.toThrow(error);
      await expect(send(request, created)).rejects.toMatchObject({ code: 'idempotency_in_flight' });
    }
  });

  it('runs one of ten that come at once, and tells the others that it is at work', async () => {
    const request = newRequest();
    let runs = 0;
    const refused: unknown[] = [];
    await Promise.all(
      Array.from({ length: 10 }, () =>
        send(request, async () => {
          runs += 1;
          // It ends when all others were answered.
          while (refused.length < 9) await new Promise((resolve) => setImmediate(resolve));
          return created();
        }).catch((error) => refused.push(error)),
      ),
    );
    expect(runs).toBe(1);
    for (const error of refused) {
      expect(error).toMatchObject({ code: 'idempotency_in_flight', retryAfterSeconds: 1 });
    }
  });

  it('lets the same request in again when the one that held it died, and no other', async () => {
    const request = newRequest();
    await send(request, created);
    const dead = {
      status: null,
      reply_json: null,
      lease_until: bed.owner.raw("now() - interval '1 second'"),
    };
    await row(request).update(dead);
    await expect(send({ ...request, requestMac: randomBytes(32) }, never)).rejects.toMatchObject({
      code: 'idempotency_conflict',
    });
    expect(await send(request, created)).toMatchObject({ repeated: false });
  });

  it.each(['replies', 'fails'])(
    'that outlived its lease and then %s touches nothing that another run holds',
    async (end) => {
      const request = newRequest();
      const [atWork, ended] = [Promise.withResolvers<unknown>(), Promise.withResolvers<unknown>()];
      const seconds: Promise<unknown>[] = [];
      const slow = send(request, async () => {
        await row(request).update({ lease_until: bed.owner.raw("now() - interval '1 second'") });
        const second = send(request, async () => {
          const [held] = await row(request).select('status', 'lease_until');
          atWork.resolve(held);
          await ended.promise;
          return { status: 201, body: { id: 'second' } };
        });
        seconds.push(second);
        await atWork.promise;
        if (end === 'fails') throw new Error('too late');
        return { status: 201, body: { id: 'first' } };
      });
      await slow.catch(() => {});
      expect(await row(request).select('status', 'lease_until')).toEqual([await atWork.promise]);
      ended.resolve(undefined);
      await Promise.all(seconds);
      expect(await send(request, never)).toMatchObject({ body: { id: 'second' }, repeated: true });
    },
  );

  it('forgets after 24 hours', async () => {
    const request = newRequest();
    await send(request, created);
    const [stored] = await row(request).select(
      bed.owner.raw('extract(epoch from expires_at - now())::float8 as seconds'),
    );
    expect(stored.seconds).toBeGreaterThan(86_000);
    expect(stored.seconds).toBeLessThanOrEqual(86_400);
    await row(request).update({ expires_at: bed.owner.raw("now() - interval '1 second'") });
    expect(await send({ ...request, requestMac: randomBytes(32) }, created)).toMatchObject({
      repeated: false,
    });
  });
});
