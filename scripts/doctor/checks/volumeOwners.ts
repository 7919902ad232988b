import { stat } from 'node:fs/promises';
import { type Inspected, serviceOf } from '../../audit/inspected.ts';
import { runTool } from '../../engine/runTool.ts';
import { defineCheck, error, type Issue } from '../doctorCheck.ts';

/** A volume that was filled by hand, from a backup say, may belong to whoever did that. */
export const volumeOwners = defineCheck({
  name: 'volume-owners',
  rule: 'each volume belongs to the user of the one service that writes it',
  needs: 'running',
  // Docker's folder is root's as well.
  readsSecrets: true,
  async detect({ containers }) {
    const found: Issue[] = [];
    for (const { service, path, user } of soleWriters(containers)) {
      const [uid = 0, gid = uid] = user.split(':').map(Number);
      const owner = await stat(path).catch(() => undefined);
      if (!owner || owner.uid === uid) continue;
      const argv = ['-R', `${uid}:${gid}`, path];
      const mend = () => runTool('chown', argv);
      const what = `the data of ${service} belong to uid ${owner.uid}, and it runs as ${uid}: ${path}`;
      found.push(error(what, `chown ${argv.join(' ')}`, mend));
    }
    return found;
  },
});

/** Of each volume that one service alone mounts. What two share goes by their group. */
function soleWriters(containers: Inspected[]) {
  const mounts = containers.flatMap((one) =>
    one.Mounts.filter(({ Type, RW }) => Type === 'volume' && RW).map(({ Source: path }) => ({
      service: serviceOf(one),
      path,
      user: one.Config.User,
    })),
  );
  return mounts.filter(({ path }) => mounts.filter((other) => other.path === path).length === 1);
}
