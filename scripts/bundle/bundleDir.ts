import { join, resolve } from 'node:path';
import { CHECKOUT } from '../lib/checkout.ts';

/** Where a bundle keeps what is its own, and what Compose is told of it. */
export interface BundleDir {
  /** The checkout, or what `--state-dir` named. */
  root: string;
  /** What names it to another command. */
  named: string[];
  secrets: string;
  /** Metrics in files: node-exporter reads every `*.prom` of it. */
  textfile: string;
  /** What operators' commands did with keys: chained lines. */
  audit: string;
  /** Settings that are no secrets, in Compose's form; Compose finds it by itself in a plain checkout. */
  envFile: string;
  /** Of chaos and load. */
  reports: string;
  /** Held by every command that changes the bundle. */
  lockFile: string;
}

export const COMPOSE_FILE = join(CHECKOUT, 'compose', 'compose.yml');
export const OVERLAYS = join(CHECKOUT, 'compose', 'overlays');
/** What a settings file does not say that was written before installations had an identity, and images a name of their own. */
export const EARLIER_ENV = join(CHECKOUT, 'compose', 'earlier.env');
/** Says to the Compose file that overlays are among the arguments. */
export const OVERLAYS_ENV = join(OVERLAYS, 'overlays.env');

/** The paths of a bundle, in the folder that `--state-dir` named or in the checkout; nothing is made. */
export function locateBundle(stateRoot?: string): BundleDir {
  const root = resolve(stateRoot ?? CHECKOUT);
  const state = stateRoot === undefined ? join(root, '.stack') : root;
  return {
    root,
    named: stateRoot === undefined ? [] : ['--state-dir', root],
    secrets: join(root, 'secrets'),
    textfile: join(root, 'textfile'),
    audit: join(root, 'audit'),
    envFile: stateRoot === undefined ? join(root, 'compose', '.env') : join(root, 'compose.env'),
    reports: join(state, 'reports'),
    lockFile: join(state, 'bundle.lock'),
  };
}
