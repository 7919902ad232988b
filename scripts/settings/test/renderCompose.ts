import { spawnSync } from 'node:child_process';
import type { BundleSettings } from '../../bundle/bundleSettings.ts';
import { composeOf, EVERY_PROFILE, mustDocker } from '../../bundle/compose.ts';

/** Compose says what it would start without an engine. */
export const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;

export interface RenderedService {
  environment: Record<string, string>;
  volumes?: { source: string; target: string }[];
}

/** What Compose would start under these settings, by service. */
export async function renderCompose(settings: BundleSettings): Promise<Record<string, RenderedService>> {
  const { argv, env } = composeOf(settings, ...EVERY_PROFILE, 'config', '--format', 'json');
  const text = await mustDocker(argv, { env: { ...env, DOCKER_HOST: 'unix:///nowhere/docker.sock' } });
  return (JSON.parse(text) as { services: Record<string, RenderedService> }).services;
}
