import { dataPlaces } from '../dataPlaces.ts';
import { defineCheck, error, type Issue, warning } from '../doctorCheck.ts';

/** Images cannot run from a file system without programs; a link may lead to a disk that is not there at boot. */
export const dataMount = defineCheck({
  name: 'data-mount',
  rule: 'images and data lie on a writable file system that runs programs, at a path without symbolic links',
  needs: 'host',
  async detect(context) {
    const found: Issue[] = [];
    const mounts = parseMounts((await context.host.read('/proc/self/mounts')) ?? '');
    for (const place of dataPlaces(context)) {
      const real = await context.host.realpath(place);
      if (real !== place) {
        found.push(warning(`${place} is a symbolic link to ${real}`, `name the folder itself: ${real}`));
      }
      const mount = mounts
        .filter(({ at }) => isBelow(real, at))
        .sort((one, other) => other.at.length - one.at.length)[0];
      if (place === context.engine?.rootDir && mount?.options.includes('noexec')) {
        found.push(
          error(`${mount.at} is mounted noexec: no container can start`, `mount -o remount,exec ${mount.at}`),
        );
      }
      if (mount?.options.includes('ro')) {
        found.push(error(`${mount.at} is mounted read-only`, `mount -o remount,rw ${mount.at}`));
      }
    }
    return found;
  },
});

const isBelow = (path: string, folder: string) =>
  path === folder || path.startsWith(folder.replace(/\/?$/, '/'));

/** Lines of /proc/self/mounts (fstab(5)). */
const parseMounts = (text: string) =>
  text.split('\n').flatMap((line) => {
    const [, at, , options] = line.split(' ');
    return at === undefined ? [] : [{ at: at.replaceAll('\\040', ' '), options: options?.split(',') ?? [] }];
  });
