import { defineCheck, error } from '../doctorCheck.ts';
import { isAtLeast } from '../isAtLeast.ts';

const OLDEST = '20.10';

/** An engine answers, and is not older than the one that the bundle was tried on. */
export const engineVersion = defineCheck({
  name: 'engine',
  rule: `a Docker engine of version ${OLDEST} or newer answers`,
  needs: 'host',
  async detect({ engine, host }) {
    if (!engine) {
      const { output } = await host.run('docker', ['version', '--format', '{{.Server.Version}}']);
      if (!/permission denied/i.test(output))
        return [error('no Docker engine answers', './stack engine --yes')];
      return [
        error('this user may not speak to the engine', 'sudo usermod -aG docker "$USER", then log in anew'),
      ];
    }
    if (engine.kind.includes('Podman') || isAtLeast(engine.version, OLDEST)) return [];
    return [error(`the engine has version ${engine.version}, older than ${OLDEST}`, './stack engine --yes')];
  },
});
