import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { moveIntoPlace } from './moveIntoPlace.ts';
import { type Availability, type PeerProcess, stackDir, startPeerProcess } from './peerProcess.ts';
import { runTool } from './runTool.ts';

const version = 'v1.8.0';
const module = `github.com/versity/versitygw/cmd/versitygw@${version}`;
const toolsDir = fileURLToPath(new URL('tools', stackDir));
const programDir = join(toolsDir, `versitygw-${version}`);
const program = join(programDir, 'versitygw');

/** Whether versitygw is built here or can be: it needs Go. */
export function versitygwAvailable(): Availability {
  if (existsSync(program)) return { ok: true };
  if (spawnSync('go', ['version']).status === 0) return { ok: true };
  return {
    ok: false,
    reason: 'versitygw, an S3 server, is built from its Go module and there is no Go here',
  };
}

/**
 * Builds versitygw from its Go module in a pinned version, whose contents Go checks against its checksum
 * database; minutes the first time, nothing afterwards. `report` hears how far it is. Gives the program's path.
 */
export async function buildVersitygw(report: (text: string) => void = toStderr): Promise<string> {
  if (existsSync(program)) return program;
  await mkdir(toolsDir, { recursive: true });
  const dir = await mkdtemp(join(toolsDir, '.versitygw-'));
  const startedMs = Date.now();
  let packages = 0;
  report(`building versitygw ${version} from its Go module, once; this takes some minutes`);
  try {
    await runTool({
      command: 'go',
      args: ['install', '-v', '-trimpath', module],
      env: { GOBIN: dir, CGO_ENABLED: '0' },
      onLine: () => {
        packages += 1;
        if (packages % 100 === 0) report(`  ${packages} modules and packages`);
      },
    });
    await moveIntoPlace(dir, programDir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
  report(`versitygw is built: ${Math.round((Date.now() - startedMs) / 1000)} s`);
  return program;
}

function toStderr(text: string): void {
  process.stderr.write(`${text}\n`);
}

export type Versitygw = PeerProcess & { accessKey: string; secretKey: string };

/** Starts an S3 server with an empty store and a root user of its own. */
export async function startVersitygw(): Promise<Versitygw> {
  const command = await buildVersitygw();
  const accessKey = randomBytes(10).toString('hex');
  const secretKey = randomBytes(20).toString('hex');
  const peer = await startPeerProcess({
    name: 'versitygw',
    command,
    args: ({ port, dir }) => ['--port', `127.0.0.1:${port}`, 'posix', dir],
    env: { ROOT_ACCESS_KEY: accessKey, ROOT_SECRET_KEY: secretKey },
  });
  return { ...peer, accessKey, secretKey };
}
