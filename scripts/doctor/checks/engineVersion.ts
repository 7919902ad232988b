import { whyNoEngine } from '../../bundle/noEngine.ts';
import { OLDEST, oldEngine } from '../../engine/unfitEngine.ts';
import { defineCheck, error } from '../doctorCheck.ts';

/** An engine answers, and is not older than the one that the bundle was tried on. */
export const engineVersion = defineCheck({
  name: 'engine',
  rule: `a Docker engine of version ${OLDEST.engine} or newer answers`,
  needs: 'host',
  async detect({ engine, host }) {
    if (!engine) {
      const { output } = await host.run('docker', ['version', '--format', '{{.Server.Version}}']);
      const { what, next } = whyNoEngine(output, host.env);
      return [error(what, next)];
    }
    // Its versions are others; `engine-kind` names it.
    const old = engine.kind.includes('Podman') ? undefined : oldEngine(engine.version);
    return old ? [error(old.what, old.fix)] : [];
  },
});
