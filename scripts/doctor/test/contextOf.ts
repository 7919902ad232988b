import { locateBundle } from '../../bundle/bundleDir.ts';
import type { BundleSettings } from '../../bundle/bundleSettings.ts';
import type { DoctorContext, EngineInfo } from '../doctorCheck.ts';
import { type Host, realHost } from '../host.ts';
import { doctorChecks } from '../registry.ts';

/** An engine as it should be. */
export const goodEngine: EngineInfo = {
  version: '20.10.24+dfsg1',
  kind: 'Engine',
  composeVersion: '2.26.1-4',
  rootDir: '/',
  securityOptions: ['name=seccomp,profile=default'],
  cgroupVersion: '2',
  memoryLimit: true,
  pidsLimit: true,
  cpuLimit: true,
  skewMs: 0,
};

export const goodSettings: BundleSettings = {
  COMPOSE_PROJECT_NAME: 'origin-doctor-test',
  ORIGIN_INSTALLATION: 'f00d',
  ORIGIN_TAG_APP: '0.1.0-0',
  ORIGIN_SECRETS: '/nowhere',
  ORIGIN_TEXTFILE: '/nowhere',
  ORIGIN_PUBLIC_URL: 'https://localhost',
  ORIGIN_PUBLIC_NAME: 'localhost',
  ORIGIN_BIND: '127.0.0.1',
  ORIGIN_HTTPS_PORT: '443',
  ORIGIN_HTTP_PORT: '80',
  ORIGIN_OVERLAYS: '',
  ORIGIN_TRUSTED_PROXIES: '',
  ORIGIN_SUBNET: '172.30.251',
};

/** This host but for what is said, with a bundle in `root`. */
export function contextOf(
  root: string,
  { host = {}, ...more }: Partial<Omit<DoctorContext, 'host'>> & { host?: Partial<Host> } = {},
): DoctorContext {
  return {
    host: { ...realHost, ...host },
    dir: locateBundle(root),
    settings: goodSettings,
    engine: goodEngine,
    containers: [],
    signal: new AbortController().signal,
    ...more,
  };
}

/** The issues that one check finds, by its name. */
export function issuesOf(name: string, context: DoctorContext) {
  const check = doctorChecks.find((one) => one.name === name);
  if (!check) throw new Error(`there is no check ${name}`);
  return check.detect(context);
}
