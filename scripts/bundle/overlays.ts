import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { OVERLAYS } from './bundleDir.ts';
import type { SecretOwner } from './secretPlan.ts';

/** A part of another kind than the bundle's own, and what the operator brings for it. */
export interface Overlay {
  name: string;
  file: string;
  /** Names of settings, with what each is; what begins with `optional` may stay unset. */
  settings: Record<string, string>;
  /** Names of secret files, with who reads each. */
  secrets: Record<string, SecretOwner[]>;
  /** The same, of those that need not be brought. */
  optionalSecrets: Record<string, SecretOwner[]>;
  /** Services that get a way out of the bundle's networks by it. */
  goingOut: string[];
  /** Images of ours that it runs, as `imageList` names them. */
  images: string[];
}

interface OverlayFile {
  'x-brings'?: Partial<Pick<Overlay, 'settings' | 'secrets'>> & {
    'optional-secrets'?: Overlay['optionalSecrets'];
  };
  services?: Record<string, { image?: string; networks?: string[] | Record<string, unknown> } | null>;
}

const OWN_IMAGE = /^origin-stack\/([a-z0-9-]+):/;

/** The names of every overlay there is. */
export const listOverlays = (): string[] =>
  readdirSync(OVERLAYS)
    .filter((file) => file.endsWith('.yml'))
    .map((file) => file.replace(/\.yml$/, ''));

/** Reads an overlay's file in `compose/overlays/`, where its head (`x-brings`) says what the operator brings. */
export function readOverlay(name: string): Overlay {
  const file = join(OVERLAYS, `${name}.yml`);
  // Compose's own tags say what is taken away, which nobody asks here.
  const { 'x-brings': brings, services } = parse(readFileSync(file, 'utf8'), {
    logLevel: 'error',
    merge: true,
  }) as OverlayFile;
  const goingOut = Object.entries(services ?? {}).filter(([, service]) => {
    const networks = service?.networks ?? [];
    return (Array.isArray(networks) ? networks : Object.keys(networks)).includes('egress');
  });
  return {
    name,
    file,
    settings: brings?.settings ?? {},
    secrets: brings?.secrets ?? {},
    optionalSecrets: brings?.['optional-secrets'] ?? {},
    goingOut: goingOut.map(([service]) => service),
    images: Object.values(services ?? {}).flatMap(
      (service) => OWN_IMAGE.exec(service?.image ?? '')?.[1] ?? [],
    ),
  };
}

/** The overlays that a bundle's settings name (`ORIGIN_OVERLAYS`). */
export const overlaysOf = (names: string): Overlay[] =>
  names
    .split(',')
    .filter((name) => name !== '')
    .map(readOverlay);
