import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { copyCheckout } from '../test/copyCheckout.ts';
import { type Namespace, openNamespace } from '../test/openNamespace.ts';
import { calledHosts } from './calledHosts.ts';
import { expectedHosts } from './expectedHosts.ts';
import { startCapture } from './startCapture.ts';
import { type OwnEngine, startOwnEngine } from './startOwnEngine.ts';

/** With all that they are made of: Debian packages, npm, PyPI and Go modules. */
const IMAGES = ['app', 'vault', 'cron'];
/** Whoever calls, with whom, and what is said at the start of TLS; what was fetched fills no disk. */
const TALK = 'not tcp or tcp[tcpflags] & tcp-syn != 0 or tcp[((tcp[12] & 0xf0) >> 2)] = 0x16';
let root: string;
let checkout: string;
let namespace: Namespace;
let engine: OwnEngine;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'origin-capture-'));
  checkout = join(root, 'checkout');
  await copyCheckout(checkout);
  namespace = await openNamespace('origin-install', { first: 8, wayOut: true });
});

afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
  await namespace?.[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

/** `./stack` of a checkout without dependencies, with nothing in npm's cache. */
const stack = (...args: string[]) =>
  new Promise<{ code: number; output: string }>((resolve) => {
    const [command = '', ...enter] = namespace.enter;
    const env = { ...process.env, DOCKER_HOST: engine.host, npm_config_cache: join(root, 'npm') };
    const options = { env, maxBuffer: 64 * 1024 * 1024 };
    execFile(command, [...enter, join(checkout, 'stack'), ...args], options, (error, stdout, stderr) => {
      resolve({ code: error ? 1 : 0, output: stdout + stderr });
    });
  });

it('fetches dependencies and images from where the host and the tools say, and asks nobody else', async () => {
  const capture = await startCapture(namespace.outside, root, TALK);
  engine = await startOwnEngine(namespace, root);
  const built = await stack('images', ...IMAGES.flatMap((name) => ['--only', name]));
  expect(built.code, built.output).toBe(0);
  expect(built.output).toContain('npm ci');
  const seen = calledHosts(await capture.stop(), namespace.inside);
  process.stdout.write(`asked for ${[...seen.questions.keys()].sort().join(', ')}\n`);

  const { registry, ...hosts } = await expectedHosts(checkout, root, engine.host);
  const expected = new Set(Object.values(hosts).flat());
  // An answer may lead to another name: apt asks for the servers of a service.
  const led = [...seen.questions].flatMap(([name, servers]) => (expected.has(service(name)) ? servers : []));
  // A registry keeps images on servers of several domains of its own.
  const owner = registry.map((domain) => domain.split('.')[0]);
  const isExpected = (name: string) =>
    expected.has(service(name)) || led.includes(name) || owner.includes(name.split('.').at(-2));
  expect([...seen.questions.keys()].filter((name) => !isExpected(name))).toEqual([]);
  expect([...seen.serverNames].filter((name) => !isExpected(name))).toEqual([]);
  expect([...seen.unnamed]).toEqual([]);
  expect([...seen.other]).toEqual([]);
  // A proxy hides whom it asks; else each kind must have been seen.
  const names = [...seen.questions.keys()].map(service);
  const { proxies, ...fetched } = hosts;
  const unseen = Object.entries(fetched).filter(([, own]) => !own.some((host) => names.includes(host)));
  if (proxies.length === 0) expect(unseen).toEqual([]);
});

/** `_http._tcp.NAME` asks for the servers of NAME. */
const service = (name: string) => name.replace(/^(_[^.]+\.)+/, '');
