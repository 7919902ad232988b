import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { dockerIs } from '../lib/test/recordDocker.ts';
import { locateBundle } from './bundleDir.ts';
import { composeDown, stayingNetworks } from './composeDown.ts';

const NETWORK = 'origin_monitoring';
/** As Compose 2.26 and Docker 20.10 said it; later engines name the endpoints behind it. */
const LOST_COUNT = [
  ` Network ${NETWORK}  Removing`,
  ` Network ${NETWORK}  Error`,
  `failed to remove network ${NETWORK}: Error response from daemon: error while removing network: network ${NETWORK} id 3b3d5200b461 has active endpoints`,
].join('\n');

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'origin-compose-down-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, 'compose.env'), 'COMPOSE_PROJECT_NAME=origin\n');
});

/** An engine whose removal of everything fails so, and which has one network of the project afterwards. */
function failingEngine(words: string): void {
  const ofNetworks = `*label=com.docker.compose.project=origin) echo ${NETWORK} ;;`;
  dockerIs(root, `case "$*" in\n${ofNetworks}\n*) cat >&2 <<'END'\n${words}\nEND\nexit 1 ;;\nesac`);
}

test.each([
  ['Docker 20.10', LOST_COUNT],
  ['a later one', `${LOST_COUNT} (name:"origin-redis-1" id:"6c737b4e9cfd")`],
])(
  'a network that the engine lost count of is named, and keeps nothing else from going: %s',
  async (_, words) => {
    failingEngine(words);
    expect(await composeDown(locateBundle(root), {})).toEqual([NETWORK]);
    expect(stayingNetworks([NETWORK])[0]).toContain(`then docker network rm ${NETWORK}`);
  },
);

test.each([
  'Error response from daemon: cannot stop container: origin-redis-1: permission denied',
  `failed to remove network ${NETWORK}: Error response from daemon: no space left on device`,
])('what else fails ends it: %s', async (words) => {
  failingEngine(words);
  const failed = { message: 'docker compose down failed (exit 1)', why: words };
  await expect(composeDown(locateBundle(root), {})).rejects.toMatchObject(failed);
});
