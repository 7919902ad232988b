import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@origin-stack/testkit/eventually';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { CHECKOUT } from '../../lib/checkout.ts';
import { parseExposition } from '../../tlsMonitor/test/parseExposition.ts';
import { locateBundle } from '../bundleDir.ts';
import { selfSigned } from '../certificates.ts';
import { composeArgv, mustDocker } from '../compose.ts';
import { IDENTITIES } from '../identities.ts';
import { initBundle } from '../initBundle.ts';
import { reloadNginx } from '../nginxReload.ts';
import { SERVING } from '../renewServing.ts';
import { openTree, writeSecret } from '../secretFiles.ts';
import { inspectService } from './containerFaults.ts';
import { openProbe, type Probe } from './openProbe.ts';
import { stackOf } from './stack.ts';
import { type TheBundle, theBundle } from './theBundle.ts';

const TIMEOUT_MS = 240_000;
/** Three scrapes on a busy host. */
const SCRAPED = { deadlineMs: 90_000, pollMs: 1_000 };
const PREFIX = 'nginx_ssl_certificate_';
const NOBODY = 65_534;

let bundle: TheBundle;
let stack: ReturnType<typeof stackOf>;
let probe: Probe;
/** What a test breaks is mended at its end, whatever it found. */
let undo: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  bundle = await theBundle();
  stack = stackOf(bundle);
  probe = await openProbe(bundle, 'monitoring');
});
afterEach(async () => {
  for (const step of undo.reverse()) await step();
  undo = [];
});
afterAll(() => probe?.[Symbol.asyncDispose]());

const metricsFile = () => join(bundle.dir.textfile, 'certificates.prom');
const publicPath = () => `${bundle.settings.ORIGIN_PUBLIC_NAME}:${bundle.settings.ORIGIN_HTTPS_PORT}`;
const internalPaths = SERVING.flatMap(({ service, ports }) => ports.map((port) => `${service}:${port}`));
const filePaths = () =>
  ['nginx/public.crt', 'ca/ca.crt', ...IDENTITIES.map(({ name }) => `${name}/tls.crt`)].map((file) =>
    join(bundle.dir.secrets, file),
  );

interface Seen {
  path: string;
  status: string;
  fingerprint: string | null;
  served_differs?: boolean;
  problems: { what: string; next: string }[];
}

/** What the command says, and its exit code. */
async function monitor(...args: string[]) {
  const { code, stdout, stderr } = await stack('monitor-tls-certs', '--json', ...args);
  expect([0, 1], stderr).toContain(code);
  const { certificates, listeners_asked } = JSON.parse(stdout) as {
    certificates: Seen[];
    listeners_asked: boolean;
  };
  const bad = certificates.filter(({ problems }) => problems.length > 0);
  return { code, certificates, asked: listeners_asked, bad };
}

/** What Prometheus knows of a metric now, by one of its labels. */
async function inPrometheus(metric: string, label = 'path'): Promise<Map<string, number>> {
  const tls = await bundle.identity('prometheus');
  const paths = [`query?query=${encodeURIComponent(metric)}`];
  const [answer] = (await probe.run('askPrometheus', { tls, paths })) as [
    { result: { metric: Record<string, string>; value: [number, string] }[] },
  ];
  return new Map(answer.result.map(({ metric: labels, value }) => [labels[label] ?? '', Number(value[1])]));
}

test('up has left the metrics of every certificate, in its file and as it is served, and they are in Prometheus', async () => {
  expect(await stat(metricsFile())).toMatchObject({ mode: 0o100644 });
  const paths = [...filePaths(), publicPath(), ...internalPaths].sort();
  for (const name of ['expiry_seconds', 'not_before_seconds', 'days_until_expiry', 'status']) {
    const written = parseExposition(await readFile(metricsFile(), 'utf8')).filter(
      (sample) => sample.name === PREFIX + name,
    );
    expect(written.map(({ labels }) => labels.path).sort()).toEqual(paths);
    await eventually(async () => {
      const known = await inPrometheus(PREFIX + name);
      expect([...known.keys()].sort()).toEqual(paths);
      for (const { labels, value } of written) expect(known.get(labels.path ?? '')).toBe(value);
    }, SCRAPED);
  }
  const differs = await inPrometheus(`${PREFIX}served_differs`);
  expect([...differs.keys()].sort()).toEqual([publicPath(), ...internalPaths].sort());
  expect([...new Set(differs.values())]).toEqual([0]);
  // The time of the run, and that node-exporter took every file.
  const runs = await inPrometheus('node_textfile_mtime_seconds', 'file');
  expect([...runs.keys()]).toContain('/textfile/certificates.prom');
  expect([...(await inPrometheus('node_textfile_scrape_error')).values()]).toEqual([0]);
});

test('a bundle as it should be is well: every listener serves what lies in its file', async () => {
  const { code, certificates, asked, bad } = await monitor();
  expect({ code, asked, bad }).toEqual({ code: 0, asked: true, bad: [] });
  const leaf = await bundle.secret('redis/tls.crt');
  const [file, served] = [join(bundle.dir.secrets, 'redis/tls.crt'), 'redis:6379'].map((path) =>
    certificates.find((one) => one.path === path),
  );
  expect(leaf).toContain('BEGIN CERTIFICATE');
  expect(served).toMatchObject({ status: 'ok', fingerprint: file?.fingerprint, served_differs: false });
});

test(
  'another public certificate than is served is named until nginx has read it, and Prometheus knows',
  async () => {
    const { ORIGIN_PUBLIC_NAME: name } = bundle.settings;
    const tree = await openTree(bundle.dir.secrets);
    const put = (file: string, content: string) => writeSecret(tree, { folder: 'nginx', file, content });
    const fresh = await selfSigned(name, 100);
    undo.push(() => monitor('--metrics-file', metricsFile()));
    undo.push(() => reloadNginx(bundle.dir));
    for (const [file, content] of [
      ['public.key', fresh.key],
      ['public.crt', fresh.certificate],
    ] as const) {
      const old = await bundle.secret(`nginx/${file}`);
      undo.push(() => put(file, old));
      await put(file, content);
    }
    const { code, bad } = await monitor('--metrics-file', metricsFile());
    expect(code).toBe(1);
    expect(bad).toMatchObject([
      {
        path: publicPath(),
        status: 'critical',
        served_differs: true,
        problems: [
          {
            what: expect.stringMatching(/^it is another certificate \(serial \w{8}…\) than its file holds/),
            next: './stack up (it reloads nginx)',
          },
        ],
      },
    ]);
    await eventually(async () => {
      const differs = await inPrometheus(`${PREFIX}served_differs`);
      expect([...differs].filter(([, value]) => value === 1)).toEqual([[publicPath(), 1]]);
      expect((await inPrometheus(`${PREFIX}status`)).get(publicPath())).toBe(2);
    }, SCRAPED);

    await reloadNginx(bundle.dir);
    await eventually(async () => expect(await monitor()).toMatchObject({ code: 0, bad: [] }), {
      deadlineMs: 30_000,
      pollMs: 500,
    });
  },
  TIMEOUT_MS,
);

test(
  'listeners that take connections and say nothing, and one that is down, are named, and the others are asked all the same',
  async () => {
    const compose = (...args: string[]) => mustDocker(composeArgv(bundle.dir, ...args));
    undo.push(
      () => compose('unpause', 'nginx'),
      () => compose('start', 'redis-exporter'),
      () => compose('restart', 'blackbox-exporter'),
    );
    await compose('pause', 'nginx');
    await compose('stop', 'redis-exporter');
    // The engine's init is the first process; the one that listens is its child.
    const { pid } = await inspectService(bundle, 'blackbox-exporter');
    const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ');
    for (const child of children) process.kill(Number(child), 'SIGSTOP');
    const { code, bad, certificates } = await monitor();
    expect(code).toBe(1);
    const silent = [publicPath(), 'nginx:9113', 'redis-exporter:9121', 'blackbox-exporter:9115'];
    expect(bad.map(({ path, status, problems }) => [path, status, problems[0]?.what]).sort()).toEqual(
      silent.map((path) => [path, 'unreadable', 'nobody answers by TLS']).sort(),
    );
    const down = bad.find(({ path }) => path.startsWith('redis-exporter'));
    expect(down?.problems[0]?.next).toContain('./stack logs redis-exporter');
    expect(certificates.find(({ path }) => path === 'vault:8200')).toMatchObject({ status: 'ok' });
  },
  TIMEOUT_MS,
);

test(
  'a member of the docker group who may read no secret sees the same, by a container',
  async () => {
    const { gid } = await stat('/var/run/docker.sock');
    const mode = (await stat(bundle.dir.root)).mode & 0o777;
    undo.push(() => chmod(bundle.dir.root, mode));
    await chmod(bundle.dir.root, mode | 0o055);
    const argv = ['scripts/main.ts', 'monitor-tls-certs', '--json', '--state-dir', bundle.dir.root];
    const options = { cwd: CHECKOUT, uid: NOBODY, gid, env: { PATH: '/usr/bin:/bin', HOME: '/' } };
    const { code, stdout } = await new Promise<{ code: unknown; stdout: string }>((resolve) => {
      execFile(process.execPath, argv, options, (error, text) =>
        resolve({ code: error?.code, stdout: text }),
      );
    });
    const withoutTime = (seen: Seen[]) => seen.map((one) => ({ ...one, days_left: null }));
    const { certificates } = JSON.parse(stdout) as { certificates: Seen[] };
    expect(withoutTime(certificates)).toEqual(withoutTime((await monitor()).certificates));
    expect(code).toBeUndefined();
    expect(stdout).not.toContain('PRIVATE KEY');
  },
  TIMEOUT_MS,
);

test('of a bundle that is down the files alone are looked at, and that is said', async () => {
  const root = await mkdtemp(join(tmpdir(), 'origin-monitor-down-'));
  undo.push(() => rm(root, { recursive: true }));
  await initBundle(locateBundle(root), { project: 'origin-monitor-test' });
  const { code, stdout } = await stackOf({ ...bundle, dir: locateBundle(root) })('monitor-tls-certs');
  expect({ code, stdout }).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^the bundle is down: these are the files alone/),
  });
  expect(stdout).toContain('19 certificates: 19 ok');
});
