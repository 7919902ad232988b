import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeDistribution, type EngineState } from './engineState.ts';
import { planEngine } from './planEngine.ts';
import { pluginPath } from './pluginPath.ts';
import { describeEngine, UPGRADE_ENGINE } from './unfitEngine.ts';

const debian = { name: 'Debian GNU/Linux 12', codename: 'bookworm', supported: true };
const bare: EngineState = {
  engine: { answers: false, forbidden: false, installed: false },
  compose: '',
  buildx: false,
  root: true,
  systemd: false,
  distribution: debian,
};
const answering = (version: string, kind = 'Engine'): EngineState => ({
  ...bare,
  engine: { answers: true, version, kind, forbidden: false, installed: true },
  compose: '2.26.1-4',
  buildx: true,
});
const parts = (state: EngineState) => planEngine(state).steps.map((step) => step.part);

describe('planEngine', () => {
  it('installs everything and starts it on a bare Debian', () => {
    expect(parts(bare)).toEqual(['engine', 'compose', 'buildx', 'start']);
  });

  it('only starts an engine that is installed and does not answer', () => {
    const engine = { answers: false as const, forbidden: false, installed: true };
    expect(parts({ ...answering(''), engine })).toEqual(['start']);
  });

  it('has nothing to do, also for a user and on any system, where an engine answers with both plugins', () => {
    const state = { ...answering('20.10.24+dfsg1'), root: false };
    expect(parts({ ...state, distribution: { ...debian, supported: false } })).toEqual([]);
    expect(parts(answering('5:28.2.2'))).toEqual([]);
  });

  it('replaces a Compose that is too old for the bundle, and says which', () => {
    const old = { ...answering('20.10.24'), compose: '2.6.0' };
    expect(planEngine(old).steps).toEqual([
      { action: expect.stringMatching(/^replace Compose 2\.6\.0 by 2\.20 or newer/), part: 'compose' },
    ]);
    expect(parts({ ...old, compose: '1.29.2-3' })).toEqual(['compose']);
    expect(parts({ ...old, compose: 'v2.40.0' })).toEqual([]);
    expect(parts({ ...old, compose: '5.0.0' })).toEqual([]);
  });

  it.each<[string, EngineState, NodeJS.ProcessEnv, RegExp, string]>([
    ['an old engine', answering('19.03.8'), {}, /has version 19\.03\.8, older than 20\.10/, UPGRADE_ENGINE],
    [
      "Podman's client",
      answering('4.3.1', 'Podman'),
      {},
      /Podman answers as docker/,
      'remove the package podman-docker, then: ./stack engine --yes',
    ],
    [
      "Podman's socket that the environment names",
      answering('4.3.1', 'Podman Engine'),
      { DOCKER_HOST: 'unix:///run/podman/podman.sock' },
      /Podman Engine answers as docker/,
      'unset DOCKER_HOST, then: ./stack engine --yes',
    ],
    [
      "Podman's socket that a context names",
      answering('4.3.1', 'Podman Engine'),
      { DOCKER_CONTEXT: 'podman' },
      /Podman Engine answers as docker/,
      'unset DOCKER_CONTEXT, then: ./stack engine --yes',
    ],
    [
      "Podman's socket in the place of Docker's",
      answering('4.3.1', 'Podman Engine'),
      {},
      /Podman Engine answers as docker/,
      'docker context use default; as root: systemctl disable --now podman.socket && rm -f /var/run/docker.sock, then: ./stack engine --yes',
    ],
  ])('leaves %s as it is, and says what to do', (_which, state, env, what, next) => {
    expect(() => planEngine(state, env)).toThrow(
      expect.objectContaining({ exitCode: 3, message: expect.stringMatching(what), next }),
    );
  });

  it.each<[string, Partial<EngineState>, RegExp]>([
    ['who is not root', { root: false }, /sudo \.\/stack engine/],
    [
      'who may not speak to the engine',
      { root: false, engine: { answers: false, forbidden: true, installed: true } },
      /usermod -aG docker/,
    ],
    [
      'whose system is neither Debian nor Ubuntu',
      { distribution: { ...debian, supported: false } },
      /install them/,
    ],
  ])('tells one %s what to do instead', (_who, changes, next) => {
    expect(() => planEngine({ ...bare, ...changes })).toThrow(
      expect.objectContaining({ exitCode: 3, next: expect.stringMatching(next) }),
    );
  });
});

it('knows Debian, Ubuntu and their children by os-release', () => {
  expect(describeDistribution('PRETTY_NAME="D 12"\nID=debian\nVERSION_CODENAME=bookworm\n', true)).toEqual({
    name: 'D 12',
    codename: 'bookworm',
    supported: true,
  });
  expect(describeDistribution('ID=linuxmint\nID_LIKE="ubuntu debian"\n', true).supported).toBe(true);
  expect(describeDistribution('ID=fedora\n', false).supported).toBe(false);
  expect(describeDistribution('ID=debian\n', false).supported).toBe(false);
});

it("tells Docker from Podman behind Docker's client, and from Podman's own client, by what each says", () => {
  const client = '"Client":{"Version":"28.2.2","Context":"default"}';
  const server = (name: string, version: string) =>
    `"Server":{"Components":[{"Name":"${name}","Version":"${version}"}],"Version":"${version}"}`;
  expect(describeEngine(`WARNING: x\n{${client},${server('Engine', '20.10.24+dfsg1')}}`)).toEqual({
    version: '20.10.24+dfsg1',
    kind: 'Engine',
  });
  expect(describeEngine(`{${client},${server('Podman Engine', '4.3.1')}}`)).toEqual({
    version: '4.3.1',
    kind: 'Podman Engine',
  });
  const own = '{"Client":{"APIVersion":"4.3.1","Version":"4.3.1","Os":"linux"}}';
  expect(describeEngine(own)).toEqual({ version: '4.3.1', kind: 'Podman' });
});

it('knows which of several plugins the client runs', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'origin-engine-test-'));
  const dirs = ['first', 'second', 'third'].map((name) => join(dir, name));
  try {
    expect(pluginPath('docker-compose', dirs)).toBeUndefined();
    for (const place of dirs.slice(1)) {
      await mkdir(place);
      await writeFile(join(place, 'docker-compose'), '');
    }
    expect(pluginPath('docker-compose', dirs)).toBe(join(dir, 'second', 'docker-compose'));
  } finally {
    await rm(dir, { recursive: true });
  }
});
