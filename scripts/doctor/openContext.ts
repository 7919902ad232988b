import { type Inspected, serviceOf } from '../audit/inspected.ts';
import { inspectProject } from '../audit/readFacts.ts';
import type { BundleDir } from '../bundle/bundleDir.ts';
import { readBundleSettings } from '../bundle/bundleSettings.ts';
import { describeEngine } from '../engine/unfitEngine.ts';
import { parseAnswer } from '../lib/parseAnswer.ts';
import type { DoctorContext, EngineInfo } from './doctorCheck.ts';
import { type Host, realHost } from './host.ts';

/** Looks at host, engine and bundle; what is not there is left out. */
export async function openContext(
  dir: BundleDir,
  signal: AbortSignal,
  host: Host = realHost,
): Promise<DoctorContext> {
  const settings = await readBundleSettings(dir);
  const engine = await readEngineInfo(host);
  let containers: Inspected[] = [];
  if (engine && settings) containers = await inspectProject(settings.COMPOSE_PROJECT_NAME);
  containers.sort((one, other) => serviceOf(one).localeCompare(serviceOf(other)));
  return { host, dir, settings, engine, containers, signal };
}

/** As JSON, of which Podman has less than Docker. */
interface Info {
  ServerVersion?: string;
  DockerRootDir?: string;
  SecurityOptions?: string[] | null;
  CgroupVersion?: string;
  MemoryLimit?: boolean;
  PidsLimit?: boolean;
  CpuCfsQuota?: boolean;
  SystemTime?: string;
}

async function readEngineInfo(host: Host): Promise<EngineInfo | undefined> {
  const json = ['--format', '{{json .}}'];
  const askedMs = host.nowMs();
  const [version, info, compose] = await Promise.all([
    host.run('docker', ['version', ...json]),
    host.run('docker', ['info', ...json]),
    host.run('docker', ['compose', 'version', '--short']),
  ]);
  const answeredMs = host.nowMs();
  if (version.code !== 0 || info.code !== 0) return undefined;
  const facts = parseAnswer<Info>(info.output, 'docker info');
  return {
    ...describeEngine(version.output),
    composeVersion: compose.code === 0 ? (compose.output.split('\n').at(-1) ?? '') : '',
    rootDir: facts.DockerRootDir ?? '/var/lib/docker',
    securityOptions: facts.SecurityOptions ?? [],
    cgroupVersion: facts.CgroupVersion ?? '',
    memoryLimit: facts.MemoryLimit ?? false,
    pidsLimit: facts.PidsLimit ?? false,
    cpuLimit: facts.CpuCfsQuota ?? false,
    skewMs: skewOf(Date.parse(facts.SystemTime ?? ''), { askedMs, answeredMs }),
  };
}

/** How far a clock that was read in between is off at least; NaN where it was not read. */
export function skewOf(
  readMs: number,
  { askedMs, answeredMs }: { askedMs: number; answeredMs: number },
): number {
  return Math.max(askedMs - readMs, readMs - answeredMs, 0);
}
