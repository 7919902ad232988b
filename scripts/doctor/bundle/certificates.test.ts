import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@origin-stack/testkit/eventually';
import { afterEach, describe, expect, it } from 'vitest';
import { selfSigned } from '../../bundle/certificates.ts';
import type { IdentityName } from '../../bundle/identities.ts';
import { reloadNginx } from '../../bundle/nginxReload.ts';
import { renewPairs } from '../../bundle/renewPairs.ts';
import { openTree, writeSecret } from '../../bundle/secretFiles.ts';
import { examine } from '../examine.ts';
import { doctorChecks } from '../registry.ts';
import { issuesOf } from '../test/contextOf.ts';
import { context, dir, root, skipped, stack, whatOf } from '../test/liveBundle.ts';

const NAME = 'served-internal-certificates';
/** Services that read a new pair only when they are told to. */
const TOLD = ['postgres', 'redis', 'vault', 's3-guard', 'nginx'] as const;
const TIMEOUT_MS = 240_000;

/** As a renewal leaves it that was killed after its files: no listener knows of them. */
const renewOnDisk = async (renew: IdentityName[]) =>
  await renewPairs({ tree: await openTree(dir.secrets), renew, nowMs: Date.now() });
const onDisk = async (identity: string) =>
  new X509Certificate(await readFile(join(dir.secrets, identity, 'tls.crt'))).serialNumber;

describe.skipIf(!root)(`the doctor's checks of what a bundle serves${skipped}`, () => {
  /** What a test breaks is mended at its end, whatever it found. */
  let undo: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const step of undo.reverse()) await step();
    undo = [];
  });

  it(
    'served-internal-certificates names each service that serves another pair than its file, and renew-certs mends it',
    async () => {
      expect(await whatOf(NAME)).toEqual([]);
      undo.push(() => stack('renew-certs'));
      await renewOnDisk([...TOLD, 'minio']);
      const serials = await Promise.all(TOLD.map(onDisk));
      const found = await issuesOf(NAME, await context());
      for (const service of TOLD) {
        const issue = found.find(({ what }) => what.startsWith(`${service} serves another certificate`));
        expect(issue, service).toMatchObject({ severity: 'error', fix: './stack renew-certs' });
        expect(issue?.what).toContain((await onDisk(service)).slice(0, 8).toLowerCase());
      }
      // MinIO looks every 10 s at a pair that is linked to, so that it may have seen the new one before or may not.
      const minioServesIt = async () =>
        (await whatOf(NAME)).filter((what) => what.startsWith('minio')).length === 0;
      await eventually(minioServesIt, { deadlineMs: 30_000, pollMs: 1_000 });

      // What lies on the disk is well: the other check has nothing to say.
      expect(await whatOf('internal-certificates')).toEqual([]);

      expect(await stack('renew-certs')).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('no certificate was due'),
      });
      expect(await whatOf(NAME)).toEqual([]);
      expect(await Promise.all(TOLD.map(onDisk))).toEqual(serials);
    },
    TIMEOUT_MS,
  );

  it('served-internal-certificates is mended by --fix, which renews nothing', async () => {
    undo.push(() => stack('renew-certs'));
    await renewOnDisk(['redis', 'nginx']);
    const serial = await onDisk('redis');
    const checks = doctorChecks.filter(({ name }) => name === NAME);
    const [finding] = await examine(checks, await context(), { fix: true });
    expect(finding?.issues.map(({ what, fixed }) => [what.split(' ')[0], fixed])).toEqual([
      ['redis', true],
      ['nginx', true],
    ]);
    expect(await whatOf(NAME)).toEqual([]);
    expect(await onDisk('redis')).toBe(serial);
  });

  it('served-internal-certificates names a service that answers nobody, until it is there again', async () => {
    const given = await context();
    const elsewhere = given.containers.find(({ Name }) => Name.includes('mtail'));
    const containers = given.containers.map((one) =>
      one.Name.includes('vault') && elsewhere ? { ...one, Id: elsewhere.Id } : one,
    );
    expect(await issuesOf(NAME, { ...given, containers })).toEqual([
      {
        severity: 'error',
        what: 'vault answers nobody by TLS at its port 8200',
        fix: './stack logs vault',
      },
    ]);
    expect(await whatOf(NAME)).toEqual([]);
  });

  it('served-certificate finds a new file that nginx has not read, and --fix has it read', async () => {
    const { settings } = await context();
    const files = ['public.key', 'public.crt'] as const;
    const put = (file: (typeof files)[number], content: string | Buffer) =>
      writeSecret({ root: dir.secrets, operatorUid: 0 }, { folder: 'nginx', file, content });
    undo.push(() => reloadNginx(dir));
    for (const file of files) {
      const old = await readFile(join(dir.secrets, 'nginx', file));
      undo.push(() => put(file, old));
    }
    const fresh = await selfSigned(settings?.ORIGIN_PUBLIC_NAME ?? '', 30);
    await put('public.key', fresh.key);
    await put('public.crt', fresh.certificate);
    expect(await whatOf('served-certificate')).toEqual([expect.stringMatching(/serves another certificate/)]);
    await issuesOf('served-certificate', await context()).then(([issue]) => issue?.mend?.());
    const isServed = async () => (await whatOf('served-certificate')).length === 0;
    await eventually(isServed, { deadlineMs: 10_000, pollMs: 200 });
  });
});
