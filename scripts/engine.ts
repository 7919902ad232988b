import { readEngineState } from './engine/engineState.ts';
import { INSTALL_LOG, installParts } from './engine/installParts.ts';
import { type EnginePart, planEngine } from './engine/planEngine.ts';
import { pluginPath } from './engine/pluginPath.ts';
import { ENGINE_LOG, startEngine } from './engine/startEngine.ts';
import { OLDEST } from './engine/unfitEngine.ts';
import { defineCommand, type Plan } from './lib/command.ts';
import { CommandError } from './lib/commandErrors.ts';
import { acquireRunLock } from './lib/runLock.ts';

const LOCK = '/var/run/origin-stack/engine.lock';

export const command = defineCommand({
  name: 'engine',
  summary: 'Install and start a Docker engine with Compose on Debian or Ubuntu',
  details:
    "From the distribution's own packages, as root. Where it has no Compose v2 or buildx (Debian 12), those two come from\n" +
    `Debian trixie, from the mirror that the host's apt uses; a Compose older than ${OLDEST.compose} is replaced. It also brings back an engine that was killed.\n` +
    `An engine older than ${OLDEST.engine}, and Podman, it leaves as they are and says what to type.\n` +
    `Without systemd the engine runs in the background; its log is ${ENGINE_LOG}, that of apt ${INSTALL_LOG}.`,
  examples: ['./stack engine --yes', './stack engine --dry-run'],
  flags: {},
  destroys: 'it installs packages on this host and starts a service',
  plan: async ({ signal }) => planEngine(await readEngineState(signal)),
  async run({ plan, progress, signal }) {
    const parts = partsOf(plan);
    const release = await acquireRunLock(LOCK, './stack engine');
    try {
      const missing = parts.filter((part) => part !== 'start');
      if (missing.length > 0) {
        const step = progress.step('installing the engine');
        await installParts(missing, { step, signal });
        step.done();
      }
      const { systemd, engine } = await readEngineState(signal);
      if (!engine.answers) {
        const step = progress.step('starting the engine');
        await startEngine({ step, signal, systemd });
        step.done();
      }
    } finally {
      await release();
    }
    const state = await readEngineState(signal);
    const left = planEngine(state).steps;
    if (left.length > 0) {
      const hides = left.some(({ part }) => part === 'compose') && pluginPath('docker-compose');
      throw new CommandError({
        what: 'the engine is still not complete',
        why: left.map(({ action }) => `left to do: ${action}`).join('; '),
        // A package brings a newer one to another place, and the client takes the first that it finds.
        next: hides ? `rm ${hides}, then: ./stack engine` : `look into ${INSTALL_LOG} and ${ENGINE_LOG}`,
      });
    }
    const version = state.engine.answers ? state.engine.version : '';
    return {
      data: { engine: version, done: parts },
      text: `the engine ${version} answers, with Compose and buildx`,
    };
  },
});

const partsOf = (plan: Plan | undefined): EnginePart[] =>
  (plan?.steps ?? []).map((step) => step.part as EnginePart);
