import { docker } from '../../bundle/compose.ts';
import { everyVolume, lostVolumes } from '../../bundle/dataVolumes.ts';
import { parseAnswer } from '../../lib/parseAnswer.ts';
import { defineCheck, error, type Issue, megabytes, warning } from '../doctorCheck.ts';

const LEAST = 1e9;

const sayGone = (project: string) =>
  `bring it back from a backup; to give the data up: ./stack up --new ${project}`;

/** Volumes may lie on file systems of their own. */
export const dataVolumes = defineCheck({
  name: 'data-volumes',
  rule: 'each volume with data is there, and has a tenth, and 1 GB, of its file system free',
  needs: 'running',
  // Docker's folder is root's as well.
  readsSecrets: true,
  async detect({ dir, settings, host }) {
    const { COMPOSE_PROJECT_NAME: project } = settings;
    const names = await everyVolume(project);
    const lost = await lostVolumes(dir, settings);
    const found: Issue[] = lost.map((name) =>
      error(`the volume ${name} is gone with its data`, sayGone(project)),
    );
    if (names.length === 0) return [error('the bundle has no volumes: its data is gone', sayGone(project))];
    const { stdout } = await docker(['volume', 'inspect', ...names]);
    const volumes = parseAnswer<{ Name: string; Mountpoint: string }[]>(stdout, 'docker volume inspect');
    for (const { Name, Mountpoint } of volumes) {
      const { freeBytes, totalBytes } = await host.disk(Mountpoint);
      const what = `${Name} has ${megabytes(freeBytes)} of ${megabytes(totalBytes)} left`;
      if (freeBytes < LEAST) found.push(error(what, `make the file system of ${Mountpoint} larger`));
      else if (freeBytes / totalBytes < 0.1)
        found.push(warning(what, `make the file system of ${Mountpoint} larger`));
    }
    return found;
  },
});
