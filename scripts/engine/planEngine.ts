import type { Plan } from '../lib/command.ts';
import { PreconditionError } from '../lib/commandErrors.ts';
import type { EngineState } from './engineState.ts';

/** Which of the parts are to be had; the names are the steps' `part`. */
export type EnginePart = 'engine' | 'compose' | 'buildx' | 'start';

/**
 * What is missing on the host, as steps; none when an engine answers and both plugins work.
 * Throws PreconditionError where this command cannot help.
 */
export function planEngine(state: EngineState): Plan {
  const { engine, distribution } = state;
  const steps: Plan['steps'] = [];
  const step = (part: EnginePart, action: string) => steps.push({ action, part });
  if (!engine.answers && !engine.installed) {
    step('engine', "install the engine (docker.io) from the distribution's packages");
  }
  if (!state.compose) step('compose', "install Compose v2, Debian trixie's where the distribution has none");
  if (!state.buildx) step('buildx', "install buildx, Debian trixie's where the distribution has none");
  if (!engine.answers) {
    step('start', state.systemd ? 'start the engine by systemd' : 'start the engine in the background');
  }
  if (steps.length > 0) demandPreconditions(state);
  const version = engine.version ? ` ${engine.version}` : '';
  return {
    summary:
      steps.length === 0
        ? `the engine${version} answers, with Compose and buildx`
        : `on ${distribution.name}`,
    steps,
  };
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
      why: 'a Docker engine 20.10 or newer is needed, with the plugins Compose (v2) and buildx',
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
