import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inspectService } from '../test/containerFaults.ts';
import { openProbe } from '../test/openProbe.ts';
import { stackOf } from '../test/stack.ts';
import { EXPLOITS, exploitRequest } from '../test/streamingExploit.ts';
import { type TheBundle, theBundle } from '../test/theBundle.ts';

const TIMEOUT_MS = 600_000;
let bundle: TheBundle;
let stack: ReturnType<typeof stackOf>;

beforeAll(async () => {
  bundle = await theBundle();
  stack = stackOf(bundle);
  const up = await stack('up', '--overlay', 'versitygw');
  expect(up.code, up.stderr).toBe(0);
  // A pack was stored and came back by its presigned URL.
  expect(up.stdout).toContain('Self-check: ');
}, TIMEOUT_MS);

afterAll(async () => {
  const up = await stack('up', '--overlay', 'none');
  expect(up.code, up.stderr).toBe(0);
  expect((await inspectService(bundle, 'minio')).image).toContain('/minio:');
}, TIMEOUT_MS);

test('stands in for MinIO by one setting, as hardened as all the rest', async () => {
  expect((await inspectService(bundle, 'minio')).image).toContain('/versitygw:');
  const audit = await stack('audit');
  expect(audit.code, audit.stdout).toBe(0);
});

test('refuses by itself what the guard keeps from MinIO', async () => {
  await using probe = await openProbe(bundle, 'storage');
  const { ca } = await bundle.identity('s3-guard');
  const accessKey = await bundle.secret('api/minio-access-key');
  const requests = EXPLOITS.map((exploit) => ({
    host: 'minio',
    port: 9000,
    tls: { ca },
    text: exploitRequest(exploit, {
      path: `/origin-evidence/guard-test/${randomUUID()}.txt`,
      host: 'minio:9000',
      accessKey,
    }),
  }));
  const answers = await probe.run('sendRaw', requests);
  expect(answers).toHaveLength(EXPLOITS.length);
  for (const [index, { status }] of answers.entries()) {
    expect([400, 403, 405, 411, 501], EXPLOITS[index]?.name).toContain(status);
  }
});
