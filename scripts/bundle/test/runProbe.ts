import { join } from 'node:path';
import { CHECKOUT } from '../bundleDir.ts';
import { mustDocker } from '../compose.ts';
import type { TheBundle } from './theBundle.ts';

const FOLDER = 'scripts/bundle/test/inContainer';

/**
 * Runs a program of `inContainer/` in a container of its own, on one of the bundle's networks or in the very network
 * of one of its containers (`container:NAME`), and gives what it printed as JSON. Its input comes by stdin.
 */
export async function runProbe<Output>(
  bundle: TheBundle,
  { program, network, input }: { program: string; network: string; input: unknown },
): Promise<Output> {
  const mount = `${join(CHECKOUT, FOLDER)}:/app/${FOLDER}:ro`;
  const image = `origin-stack/app:${bundle.settings.ORIGIN_VERSION}`;
  const where = network.startsWith('container:') ? network : bundle.network(network);
  const argv = ['run', '--rm', '--interactive', '--network', where, '--volume', mount, image];
  const stdout = await mustDocker([...argv, 'node', `${FOLDER}/${program}.ts`], {
    input: JSON.stringify(input),
  });
  return JSON.parse(stdout) as Output;
}
