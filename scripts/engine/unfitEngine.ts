import { parseAnswer } from '../lib/parseAnswer.ts';
import { isAtLeast } from './isAtLeast.ts';

/** The oldest that the bundle was tried on. */
export const OLDEST = { engine: '20.10', compose: '2.20' } as const;

/** What is wrong with an engine that answers, and what to type. */
export interface Unfit {
  what: string;
  fix: string;
}

/** The package is docker.io or docker-ce: what was installed says it. */
export const UPGRADE_ENGINE =
  "as root: apt-get update && apt-get install --only-upgrade $(dpkg -S '*bin/dockerd' | cut -d: -f1); where that brings none, upgrade the system";

/** It is not upgraded without being asked: that ends every container on it, also those of others. */
export function oldEngine(version: string): Unfit | undefined {
  if (isAtLeast(version, OLDEST.engine)) return undefined;
  return { what: `the engine has version ${version}, older than ${OLDEST.engine}`, fix: UPGRADE_ENGINE };
}

/** `kind` as `describeEngine` gives it. */
export function podmanEngine(kind: string, env: NodeJS.ProcessEnv): Unfit | undefined {
  if (!kind.includes('Podman')) return undefined;
  return { what: `${kind} answers as docker; the bundle is tried on Docker only`, fix: docker(kind, env) };
}

function docker(kind: string, env: NodeJS.ProcessEnv): string {
  const then = 'then: ./stack engine --yes';
  if (kind === PODMAN_CLIENT) return `remove the package podman-docker, ${then}`;
  if (env.DOCKER_HOST) return `unset DOCKER_HOST, ${then}`;
  if (env.DOCKER_CONTEXT) return `unset DOCKER_CONTEXT, ${then}`;
  return `docker context use default; as root: systemctl disable --now podman.socket && rm -f /var/run/docker.sock, ${then}`;
}

/** What the package podman-docker gives the name docker. */
export const PODMAN_CLIENT = 'Podman';

/** Of `docker version --format '{{json .}}'` where that succeeds. Podman's own client names no server. */
export function describeEngine(output: string): { version: string; kind: string } {
  const said = parseAnswer<{
    Client?: { Version?: string };
    Server?: { Version?: string; Components?: { Name: string }[] } | null;
  }>(output, 'docker version');
  if (!said.Server) return { version: said.Client?.Version ?? '', kind: PODMAN_CLIENT };
  return { version: said.Server.Version ?? '', kind: said.Server.Components?.[0]?.Name ?? '' };
}
