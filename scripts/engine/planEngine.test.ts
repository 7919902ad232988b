import { describe, expect, it } from 'vitest';
import { describeDistribution, type EngineState, isComposeV2 } from './engineState.ts';
import { planEngine } from './planEngine.ts';

const debian = { name: 'Debian GNU/Linux 12', codename: 'bookworm', supported: true };
const bare: EngineState = {
  engine: { answers: false, forbidden: false, installed: false },
  compose: false,
  buildx: false,
  root: true,
  systemd: false,
  distribution: debian,
};
const parts = (state: EngineState) => planEngine(state).steps.map((step) => step.part);

describe('planEngine', () => {
  it('installs everything and starts it on a bare Debian', () => {
    expect(parts(bare)).toEqual(['engine', 'compose', 'buildx', 'start']);
  });

  it('only starts an engine that is installed and does not answer', () => {
    const engine = { answers: false, forbidden: false, installed: true };
    expect(parts({ ...bare, engine, compose: true, buildx: true })).toEqual(['start']);
  });

  it('has nothing to do, also for a user and on any system, where an engine answers with both plugins', () => {
    const engine = { answers: true, version: '20.10.24', forbidden: false, installed: true };
    const state = { ...bare, engine, compose: true, buildx: true, root: false };
    expect(parts({ ...state, distribution: { ...debian, supported: false } })).toEqual([]);
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

it('tells Compose 1 from its successors', () => {
  expect(['1.29.2-3', '2.26.1-4', 'v2.40.0', '5.0.0', ''].map(isComposeV2)).toEqual([
    false,
    true,
    true,
    true,
    false,
  ]);
});
