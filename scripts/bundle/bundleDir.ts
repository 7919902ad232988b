import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where a bundle keeps what is its own, and what Compose is told of it. */
export interface BundleDir {
  /** The checkout, or what `--state-dir` named. */
  root: string;
  secrets: string;
  /** Settings that are no secrets, in Compose's form; Compose finds it by itself in a plain checkout. */
  envFile: string;
  lockFile: string;
  logs: string;
}

export const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
export const COMPOSE_FILE = join(CHECKOUT, 'compose', 'compose.yml');
export const OVERLAYS = join(CHECKOUT, 'compose', 'overlays');

/** The paths of a bundle; nothing is made. */
export function locateBundle(root?: string): BundleDir {
  const state = root ?? join(CHECKOUT, '.stack');
  return {
    root: root ?? CHECKOUT,
    secrets: join(root ?? CHECKOUT, 'secrets'),
    envFile: root ? join(root, 'compose.env') : join(CHECKOUT, 'compose', '.env'),
    lockFile: join(state, 'bundle.lock'),
    logs: join(state, 'logs'),
  };
}
