import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeSecrets } from '../bundle/makeSecrets.ts';
import { openFolder, openTree, writeSecret } from '../bundle/secretFiles.ts';
import { secretDrift } from './secretDrift.ts';

const isRoot = process.getuid?.() === 0;
let root: string;

describe.skipIf(!isRoot)(
  `drift of secrets${isRoot ? '' : ' (skipped: needs root, to give files away)'}`,
  () => {
    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'origin-stack-drift-'));
      await makeSecrets({ root, operatorUid: 0 });
      await rm(join(root, 'api', 'redis-url'));
      await chmod(join(root, 'vault', 'seal-key'), 0o444);
      await chown(join(root, 'worker', 'tls.key'), 0, 0);
      await chmod(join(root, 'redis'), 0o755);
      await rm(join(root, 'cron'), { recursive: true });
    });
    afterAll(() => rm(root, { recursive: true, force: true }));

    it('is a missing file or folder, a wrong owner and a wrong mode, each with what to type', async () => {
      const isRendered = ({ subject }: { subject: string }) =>
        subject.startsWith('secrets/nginx') || subject.startsWith('secrets/alertmanager');
      const found = (await secretDrift(root)).filter((one) => !isRendered(one));
      expect(found.map(({ subject }) => subject).sort()).toEqual([
        'secrets/api/redis-url',
        'secrets/cron',
        'secrets/redis',
        'secrets/vault',
        'secrets/worker',
      ]);
      const fixes = found.map(({ fix }) => fix);
      expect(fixes).toContain(`chmod 400 ${join(root, 'vault', 'seal-key')}`);
      expect(fixes).toContain(`chmod 700 ${join(root, 'redis')}`);
      expect(fixes).toContain(`chown 10002:10002 ${join(root, 'worker', 'tls.key')}`);
    });

    it('is a former key that others may read, and none before the first rotation', async () => {
      const tree = await openTree(root);
      const ofBackups = async () =>
        (await secretDrift(root)).filter(({ subject }) => subject === 'secrets/backups');
      expect(await ofBackups()).toEqual([]);
      await openFolder(tree, 'backups');
      await writeSecret(tree, { folder: 'backups', file: 'cron-1.key', content: 'former' });
      expect(await ofBackups()).toEqual([]);
      const kept = join(root, 'backups', 'cron-1.key');
      await chmod(kept, 0o440);
      await chmod(join(root, 'backups'), 0o750);
      const fixes = (await ofBackups()).map(({ fix }) => fix);
      expect(fixes).toEqual([`chmod 700 ${join(root, 'backups')}`, `chmod 400 ${kept}`]);
    });

    it('names the files of nginx and Alertmanager that init makes beside the plan', async () => {
      const filesOf = async (folder: string) =>
        (await secretDrift(root))
          .filter(({ subject }) => subject.startsWith(`secrets/${folder}/`))
          .map(({ subject }) => subject.split('/').pop());
      expect(await filesOf('nginx')).toEqual(['public.crt', 'public.key', 'site.conf']);
      expect(await filesOf('alertmanager')).toEqual(['alertmanager.yml']);
    });
  },
);
