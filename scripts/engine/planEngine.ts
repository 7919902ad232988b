import type { Plan } from '../lib/command.ts';
import { PreconditionError } from '../lib/commandErrors.ts';
import type { EngineState } from './engineState.ts';
import { isAtLeast } from './isAtLeast.ts';
import { OLDEST, oldEngine, podmanEngine } from './unfitEngine.ts';

/** Which of the parts are to be had; the names are the steps' `part`. */
export type EnginePart = 'engine' | 'compose' | 'buildx' | 'start';

/**
 * What is missing on the host, as steps; none when an engine answers that is new enough, with both plugins.
 * Throws PreconditionError where this command cannot help.
 */
export function planEngine(state: EngineState, env: NodeJS.ProcessEnv = process.env): Plan {
  const { engine, distribution } = state;
  if (engine.answers) demandFit(engine, env);
  const steps: Plan['steps'] = [];
  const step = (part: EnginePart, action: string) => steps.push({ action, part });
  if (!engine.answers && !engine.installed) {
    step('engine', "install the engine (docker.io) from the distribution's packages");
  }
  if (!isAtLeast(state.compose, OLDEST.compose)) step('compose', composeAction(state.compose));
  if (!state.buildx) step('buildx', "install buildx, Debian trixie's where the distribution has none");
  if (!engine.answers) {
    step('start', state.systemd ? 'start the engine by systemd' : 'start the engine in the background');
  }
  if (steps.length > 0) demandPreconditions(state);
  const version = engine.answers ? ` ${engine.version}` : '';
  return {
    summary:
      steps.length === 0
        ? `the engine${version} answers, with Compose and buildx`
        : `on ${distribution.name}`,
    steps,
  };
}

/** An engine that answers is left as it is. */
function demandFit({ kind, version }: { kind: string; version: string }, env: NodeJS.ProcessEnv): void {
  const podman = podmanEngine(kind, env);
  if (podman) throw new PreconditionError({ what: podman.what, next: podman.fix });
  const old = oldEngine(version);
  if (!old) return;
  throw new PreconditionError({
    what: old.what,
    why: 'it is not upgraded by itself: that would end every container that runs on it',
    next: old.fix,
  });
}

function composeAction(version: string): string {
  const source = "Debian trixie's where the distribution has none";
  if (version === '') return `install Compose v2, ${source}`;
  return `replace Compose ${version} by ${OLDEST.compose} or newer, ${source}`;
}

function demandPreconditions({ engine, distribution, root }: EngineState): void {
  if (engine.forbidden && !root) {
    throw new PreconditionError({
      what: 'an engine runs, but this user may not speak to it',
      why: 'its socket belongs to root and the group docker',
      next: 'as root: usermod -aG docker USER, then log in anew',
    });
  }
  if (!distribution.supported) {
    throw new PreconditionError({
      what: `no engine can be installed here by itself: ${distribution.name} is neither Debian nor Ubuntu`,
      why: `a Docker engine ${OLDEST.engine} or newer is needed, with the plugins Compose ${OLDEST.compose} or newer and buildx`,
      next: 'install them with the means of your system, then: ./stack engine',
    });
  }
  if (!root) {
    throw new PreconditionError({
      what: 'only root can install and start an engine',
      next: 'sudo ./stack engine --yes',
    });
  }
}
