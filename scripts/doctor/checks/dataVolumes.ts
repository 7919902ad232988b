import { docker } from '../../bundle/compose.ts';
import { defineCheck, error, type Issue, megabytes, warning } from '../doctorCheck.ts';

const LEAST = 1e9;

/** Volumes may lie on file systems of their own. */
export const dataVolumes = defineCheck({
  name: 'data-volumes',
  rule: 'each volume with data has a tenth, and 1 GB, of its file system free',
  needs: 'running',
  // Docker's folder is root's as well.
  readsSecrets: true,
  async detect({ settings, host }) {
    const filter = `label=com.docker.compose.project=${settings.COMPOSE_PROJECT_NAME}`;
    const names = (await docker(['volume', 'ls', '--quiet', '--filter', filter])).stdout
      .split('\n')
      .filter(Boolean);
    if (names.length === 0)
      return [
        error(
          'the bundle has no volumes: its data is gone',
          './stack up makes empty ones; a backup has the data',
        ),
      ];
    const { stdout } = await docker(['volume', 'inspect', ...names]);
    const volumes = JSON.parse(stdout) as { Name: string; Mountpoint: string }[];
    const found: Issue[] = [];
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
