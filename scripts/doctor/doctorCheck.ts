import type { Inspected } from '../audit/inspected.ts';
import type { BundleDir } from '../bundle/bundleDir.ts';
import type { BundleSettings } from '../bundle/bundleSettings.ts';
import type { Host } from './host.ts';

/** What is wrong, with its figures, and what to type. */
export interface Issue {
  /** An error keeps the product from working, or its secrets from being safe; a warning does not yet. */
  severity: 'error' | 'warning';
  what: string;
  /** The command that mends it. */
  fix: string;
  /** Does it, where that is safe: it changes nothing that works, and can be done twice. */
  mend?: () => Promise<unknown>;
}

/** What a check may look at. */
export interface DoctorContext {
  host: Host;
  dir: BundleDir;
  /** Undefined before the first `init`. */
  settings: BundleSettings | undefined;
  /** Undefined where no engine answers. */
  engine: EngineInfo | undefined;
  /** The bundle's containers, also those that ended; none before the first `up`. */
  containers: Inspected[];
  signal: AbortSignal;
}

/** Of `docker info` and `docker version`. */
export interface EngineInfo {
  version: string;
  /** `Docker Engine`, `Podman Engine` … */
  kind: string;
  composeVersion: string;
  rootDir: string;
  securityOptions: string[];
  cgroupVersion: string;
  memoryLimit: boolean;
  pidsLimit: boolean;
  cpuLimit: boolean;
  /** How far its clock is off from the host's, at least; NaN where it does not say. */
  skewMs: number;
}

/** A check of the last kinds is skipped, not passed, where what it looks at is not there. */
export type Needs = 'host' | 'engine' | 'settings' | 'running';

/** The context of a check, with what it needs being there. */
export type ContextFor<N extends Needs> = DoctorContext &
  (N extends 'engine' ? { engine: EngineInfo } : unknown) &
  (N extends 'settings' ? { settings: BundleSettings } : unknown) &
  (N extends 'running' ? { engine: EngineInfo; settings: BundleSettings } : unknown);

export interface DoctorCheck {
  name: string;
  /** What is true where it finds nothing. */
  rule: string;
  needs: Needs;
  /** It reads secrets of services: root's, and skipped for everybody else. */
  readsSecrets?: boolean;
  detect(context: DoctorContext): Promise<Issue[]>;
}

/** Declares a check; what it needs reaches `detect` as there. */
export function defineCheck<const N extends Needs>(check: {
  name: string;
  rule: string;
  needs: N;
  readsSecrets?: boolean;
  detect(context: ContextFor<N>): Promise<Issue[]> | Issue[];
}): DoctorCheck {
  return { ...check, detect: async (context) => check.detect(context as ContextFor<N>) };
}

export const error = (what: string, fix: string, mend?: Issue['mend']): Issue => ({
  severity: 'error',
  what,
  fix,
  ...(mend ? { mend } : {}),
});

export const warning = (what: string, fix: string, mend?: Issue['mend']): Issue => ({
  severity: 'warning',
  what,
  fix,
  ...(mend ? { mend } : {}),
});

/** 12 345 678 as "12 MB". */
export const megabytes = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
