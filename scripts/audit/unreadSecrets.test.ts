import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BundleSettings } from '../bundle/bundleSettings.ts';
import { runTool } from '../engine/runTool.ts';
import { auditText } from './auditText.ts';
import type { AuditContext } from './check.ts';
import type { Inspected } from './inspected.ts';
import { judge } from './judge.ts';
import { readSecretValues } from './readFacts.ts';

const isRoot = process.getuid?.() === 0;
const SECRET = 'x4Zq_9bWk-71aTTfv8Lm';

/** What of a container the check for secrets reads. */
const container = (Env: string[]) =>
  ({
    Name: '/one',
    State: { Running: false },
    Config: { User: '1:1', Env, Image: '', Labels: null },
    HostConfig: { NetworkMode: 'x', PidMode: '', LogConfig: {}, RestartPolicy: {} },
    Mounts: [],
    NetworkSettings: {},
  }) as unknown as Inspected;

function verdictsOf(
  env: string[],
  secrets: AuditContext['secrets'],
  unreadSecrets: AuditContext['unreadSecrets'],
) {
  return judge(container(env), {
    settings: { COMPOSE_PROJECT_NAME: '', ORIGIN_SECRETS: '/x' } as BundleSettings,
    engine: { version: '', securityOptions: [], swarm: '' },
    networks: new Map(),
    images: [],
    imageIds: new Map(),
    processes: new Map(),
    secrets,
    unreadSecrets,
  });
}
const resultOf = (...given: Parameters<typeof verdictsOf>) =>
  verdictsOf(...given).find(({ check }) => check === 'no-secret-values')?.result;

describe('secrets that this user may not read', () => {
  it('are held against nothing, which is not called kept', () => {
    const values = new Map([['vault/seal-key', SECRET]]);
    expect(resultOf(['GREETING=hello'], values, [])).toBe('kept');
    expect(resultOf(['GREETING=hello'], new Map(), ['vault'])).toBe('skipped');
    // A fault that is seen is one.
    expect(resultOf([`GREETING=${SECRET}`], values, ['nginx'])).toBe('gap');
    expect(resultOf(['DB_PASSWORD=anything'], new Map(), ['vault'])).toBe('gap');
  });

  it('are named in the text, once for all containers', () => {
    const verdicts = verdictsOf(['GREETING=hello'], new Map(), ['vault']);
    const audit = { project: 'x', services: ['one', 'two'], verdicts: [...verdicts, ...verdicts], drift: [] };
    const text = auditText(audit, { cis: false });
    expect(
      text.match(/no-secret-values +this user may not read secrets.*: sudo \.\/stack audit/g),
    ).toHaveLength(1);
    const seen = verdictsOf(['GREETING=hello'], new Map(), []);
    expect(auditText({ ...audit, verdicts: [...seen, ...seen] }, { cis: false })).not.toMatch(
      /Not looked at/,
    );
  });
});

describe.skipIf(!isRoot)(
  `values of secrets${isRoot ? '' : ' (skipped: needs root, to be another user)'}`,
  () => {
    let root: string;
    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'origin-stack-unread-'));
      await chmod(root, 0o755);
      for (const folder of ['vault', 'nginx']) await mkdir(join(root, folder), { mode: 0o700 });
      await chown(join(root, 'nginx'), 65534, 65534);
      await writeFile(join(root, 'vault', 'seal-key'), SECRET);
      for (const file of ['public.key', 'closed.key', 'tls.crt']) {
        await writeFile(join(root, 'nginx', file), file, { mode: 0o400 });
      }
      await chown(join(root, 'nginx', 'public.key'), 65534, 65534);
    });
    afterAll(() => rm(root, { recursive: true, force: true }));

    it('are all there for root', async () => {
      const { secrets, unreadSecrets } = await readSecretValues(root);
      expect([...secrets.keys()].sort()).toEqual(['nginx/closed.key', 'nginx/public.key', 'vault/seal-key']);
      expect(unreadSecrets).toEqual([]);
      expect(await readSecretValues(join(root, 'nothing'))).toEqual({
        secrets: new Map(),
        unreadSecrets: [],
      });
    });

    it('are read as far as another user may, who is told what is left', async () => {
      const program = `
      import { readSecretValues } from ${JSON.stringify(join(import.meta.dirname, 'readFacts.ts'))};
      const { secrets, unreadSecrets } = await readSecretValues(${JSON.stringify(root)});
      console.log(JSON.stringify([[...secrets.keys()], unreadSecrets]));`;
      const user = ['--reuid', '65534', '--regid', '65534', '--clear-groups', process.execPath];
      const { output } = await runTool('setpriv', [...user, '--input-type=module', '--eval', program]);
      const [read, unread] = JSON.parse(output);
      expect(read).toEqual(['nginx/public.key']);
      expect(unread.sort()).toEqual(['nginx/closed.key', 'vault']);
    });
  },
);
