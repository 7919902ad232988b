import { chmodSync, cpSync, globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { CHECKOUT } from '../lib/checkout.ts';
import { MOUNTED_FOLDERS, unreadableIssues } from './checks/mountedFiles.ts';
import { contextOf, issuesOf } from './test/contextOf.ts';

const checkout = mkdtempSync(join(tmpdir(), 'origin-mounted-'));
afterAll(() => rmSync(checkout, { recursive: true }));

it('knows every folder of the checkout that a Compose file mounts', () => {
  const files = ['compose/compose.yml', ...globSync('compose/overlays/*.yml', { cwd: CHECKOUT })];
  const mounted = files.flatMap((file) =>
    [...readFileSync(join(CHECKOUT, file), 'utf8').matchAll(/['\s](\.\.?\/[\w./-]+):\/[^\s]+:ro/g)].map(
      ([, path = '']) => normalize(join('compose', path)),
    ),
  );
  expect(mounted.length).toBeGreaterThan(8);
  expect([...new Set(mounted)].sort()).toEqual([...MOUNTED_FOLDERS].sort());
});

it('names what services cannot read of a checkout under umask 077, and mends it and nothing else', async () => {
  for (const folder of MOUNTED_FOLDERS)
    cpSync(join(CHECKOUT, folder), join(checkout, folder), { recursive: true });
  expect(await unreadableIssues(checkout)).toEqual([]);
  chmodSync(join(checkout, 'nginx', 'nginx.conf'), 0o600);
  chmodSync(join(checkout, 'prometheus', 'rules'), 0o700);
  const [issue, ...others] = await unreadableIssues(checkout);
  expect(others).toEqual([]);
  expect(issue).toMatchObject({ severity: 'error', what: expect.stringMatching(/nginx\.conf, and 1 more/) });
  expect(issue?.fix).toContain(`chmod -R go+rX '${checkout}/nginx'`);
  await issue?.mend?.();
  expect(statSync(join(checkout, 'nginx', 'nginx.conf')).mode & 0o777).toBe(0o644);
  expect(statSync(join(checkout, 'prometheus', 'rules')).mode & 0o777).toBe(0o755);
  expect(await unreadableIssues(checkout)).toEqual([]);
});

it('looks at this checkout', async () => {
  expect(await issuesOf('mounted-files', contextOf(checkout))).toEqual(await unreadableIssues(CHECKOUT));
});
