import { alignColumns } from '../lib/alignColumns.ts';
import { parseAnswer } from '../lib/parseAnswer.ts';
import type { BundleDir } from './bundleDir.ts';
import { composeArgv, mustDocker } from './compose.ts';

/** A container of the bundle, as the engine sees it. */
export interface Container {
  service: string;
  name: string;
  id: string;
  /** running, exited, restarting … */
  state: string;
  /** healthy, unhealthy, starting; empty where it has no check. */
  health: string;
  exitCode: number;
  status: string;
}

interface PsLine {
  Service: string;
  Name: string;
  ID: string;
  State: string;
  Health: string;
  ExitCode: number;
  Status: string;
}

/** Their containers live as long as one command. */
const OF_ONE_COMMAND = ['tools', 'k6'];

/** Every container of the bundle, also those that ended; commands of one run are left out. */
export async function listContainers(dir: BundleDir): Promise<Container[]> {
  const text = await mustDocker(composeArgv(dir, 'ps', '--all', '--format', 'json'));
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => parseAnswer<PsLine>(line, 'docker compose ps'))
    .filter((line) => !OF_ONE_COMMAND.includes(line.Service))
    .map((line) => ({
      service: line.Service,
      name: line.Name,
      id: line.ID,
      state: line.State,
      health: line.Health,
      exitCode: line.ExitCode,
      status: line.Status,
    }))
    .sort((one, other) => one.service.localeCompare(other.service));
}

/** A container that runs as it should, or ended as it should. */
export const isWell = ({ state, health, exitCode, service }: Container): boolean =>
  service === 'migrate'
    ? (state === 'exited' && exitCode === 0) || state === 'running'
    : state === 'running' && health === 'healthy';

/** A table for people, its head first. */
export function containerTable(containers: Container[]): string[] {
  const rows = containers.map(({ service, state, health, status }) => [service, health || state, status]);
  return alignColumns([['SERVICE', 'HEALTH', 'STATUS'], ...rows]);
}
