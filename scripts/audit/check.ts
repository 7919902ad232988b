import type { BundleSettings } from '../bundle/bundleSettings.ts';
import type { Inspected } from './inspected.ts';

/** A process of a container, as the host sees it. */
export interface ContainerProcess {
  uid: number;
  command: string;
}

/** What a check holds a container against. */
export interface AuditContext {
  settings: BundleSettings;
  engine: EngineFacts;
  /** Networks by name; `internal` has no way out. */
  networks: ReadonlyMap<string, { internal: boolean }>;
  /** What may run: the images that the settings name, and those that a command of this checkout runs. */
  images: readonly string[];
  /** What each tag of ours names now: reference to image id. */
  imageIds: ReadonlyMap<string, string>;
  /** The value of every secret that this user can read, by its path below the secrets' folder. */
  secrets: ReadonlyMap<string, string>;
  /** Folders and files of secrets that this user may not look into. */
  unreadSecrets: readonly string[];
  /** Processes of running containers, by the container's id. */
  processes: ReadonlyMap<string, ContainerProcess[]>;
}

export interface EngineFacts {
  version: string;
  /** `name=seccomp,profile=default` and the like. */
  securityOptions: string[];
  swarm: string;
}

/** One rule for containers. It names every fault that it finds, and none for a container that keeps it. */
export interface AuditCheck {
  name: string;
  /** Items of the CIS Docker Benchmark that it covers. */
  cis: string[];
  /** The rule, as a short sentence of what is true. */
  rule: string;
  /** False where the host cannot have it (SELinux, AppArmor). */
  applies?(context: AuditContext): boolean;
  /** Why it saw only a part: where that part has no fault, nothing is said of the rest. Undefined where it saw all. */
  unseen?(context: AuditContext): string | undefined;
  faults(container: Inspected, context: AuditContext, service: string): string[];
}

/** A fault where the condition holds. */
export const when = (condition: boolean, fault: string): string[] => (condition ? [fault] : []);
