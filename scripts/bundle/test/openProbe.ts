import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CHECKOUT } from '../../lib/checkout.ts';
import { mustDocker } from '../compose.ts';
import type { Programs } from './inContainer/serve.ts';
import type { TheBundle } from './theBundle.ts';

const FOLDER = 'scripts/bundle/test/inContainer';

/** By this label what a killed run left is found. */
export const PROBE_LABEL = 'origin-stack.probe';

/** A container of the tests' own, which does what it is told one call after the other. */
export interface Probe extends AsyncDisposable {
  run<Name extends keyof Programs>(
    program: Name,
    input: Parameters<Programs[Name]>[0],
  ): Promise<Awaited<ReturnType<Programs[Name]>>>;
}

/**
 * Starts one on networks of the bundle, by their names in the Compose file, or in the very network of one of its
 * containers (`container:NAME`). It has no secret and no volume of the bundle: it gets what it is given.
 */
export async function openProbe(bundle: TheBundle, first: string, ...more: string[]): Promise<Probe> {
  const name = `${bundle.settings.COMPOSE_PROJECT_NAME}-probe-${randomUUID().slice(0, 8)}`;
  const label = `${PROBE_LABEL}=${bundle.settings.COMPOSE_PROJECT_NAME}`;
  const mount = `${join(CHECKOUT, FOLDER)}:/app/${FOLDER}:ro`;
  const where = first.startsWith('container:') ? first : bundle.network(first);
  const argv = ['run', '--rm', '--interactive', '--name', name, '--label', label, '--network', where];
  const image = `origin-stack/app:${bundle.settings.ORIGIN_TAG_APP}`;
  const child = spawn('docker', [...argv, '--volume', mount, image, 'node', `${FOLDER}/serve.ts`], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint = (complaint + chunk).slice(-2_000);
  });
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`the probe ended: ${complaint}`);
    return JSON.parse(value);
  };
  await next();
  for (const network of more) await mustDocker(['network', 'connect', bundle.network(network), name]);
  return {
    async run(program, input) {
      child.stdin.write(`${JSON.stringify({ program, input })}\n`);
      const { output, error } = await next();
      if (error !== undefined) throw new Error(`in the probe: ${error}`);
      return output;
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'close');
      child.stdin.end();
      if (child.exitCode === null) await ended;
    },
  };
}
