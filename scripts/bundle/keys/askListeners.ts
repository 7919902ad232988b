import type { ServiceKeyState } from '@origin-stack/core/infra/serviceKeyGate';
import { parseAnswer } from '../../lib/parseAnswer.ts';
import { redact } from '../../lib/redact.ts';
import type { BundleDir } from '../bundleDir.ts';
import { docker, engineAnswers } from '../compose.ts';
import { listContainers } from '../containers.ts';

/** A container that takes service keys and runs. */
export interface KeyListener {
  service: string;
  id: string;
}

const LISTENING = ['api-a', 'api-b', 'worker'];

/** Who takes keys and runs, and every service that runs; none where the bundle or the engine is down. */
export async function lookWhoRuns(dir: BundleDir): Promise<{ listeners: KeyListener[]; running: string[] }> {
  const containers = (await engineAnswers()) ? await listContainers(dir) : [];
  const running = containers.filter(({ state }) => state === 'running');
  return {
    listeners: running.filter(({ service }) => LISTENING.includes(service)),
    running: running.map(({ service }) => service),
  };
}

/** What a listener says of a key: whose it is and when it was used there; undefined where it refuses it. */
export type Verdict = ServiceKeyState | undefined;

/** Asks a listener about keys, in their order. Throws where it does not answer as it should. */
export async function askListener({ service, id }: KeyListener, keys: string[]): Promise<Verdict[]> {
  const program = ['node', 'scripts/bundle/inContainer/askWhoami.ts'];
  const { code, stdout, stderr } = await docker(['exec', '--interactive', id, ...program], {
    input: JSON.stringify(keys),
  });
  if (code !== 0) throw new Error(`${service} did not answer: ${redact(stderr.trim().slice(-300))}`);
  const answers = parseAnswer<{ status: number; state: ServiceKeyState | null }[]>(stdout, 'docker exec');
  return answers.map(({ status, state }) => {
    if (status === 200 && state) return state;
    if (status === 401) return undefined;
    throw new Error(`${service} answered ${status} to a look at a key`);
  });
}
