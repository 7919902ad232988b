import { execFile, spawnSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import vm from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { canonicalJson } from '../src/canonicalJson.ts';
import { signWebhook } from '../src/signWebhook.ts';
import { installJudges, type Judges } from '../test/installJudges.ts';
import { makeSigningKey } from '../test/signingKey.ts';
import { startPeer } from '../test/startPeer.ts';

const run = promisify(execFile);
const SDK = join(import.meta.dirname, '..');
const ROOT = join(SDK, '..', '..');
const TSC = join(ROOT, 'node_modules', '.bin', 'tsc');
const BUILT = join(ROOT, '.stack', 'sdk');
const ID = '0193a1b2-0000-7000-8000-000000000001';
const expected = {
  event: 'e-1',
  tampered: [true, 'signature_mismatch'],
  decision: 'allow',
  forged: [true, 'signature_invalid'],
  tenant: ID,
  denied: [true, 'not_found'],
};

let folder: string;
let project: string;
let tarball: string;
let judges: Judges;
let proof: Awaited<ReturnType<typeof makeProof>>;
let peer: Awaited<ReturnType<typeof startPeer>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'origin-sdk-'));
  const packing = run('npm', ['run', 'tarball', '-w', 'packages/sdk'], { cwd: ROOT });
  [judges] = await Promise.all([installJudges(), packing]);
  tarball = join(BUILT, `origin-stack-sdk-${manifest.version}.tgz`);
  peer = await startPeer(({ url }) =>
    url === '/v1/whoami'
      ? { json: { tenant_id: ID } }
      : {
          status: 404,
          headers: { 'content-type': 'application/problem+json' },
          json: { error: 'not_found' },
        },
  );
  proof = await makeProof();
  project = await emptyProject();
}, 240_000);

afterAll(async () => {
  await peer?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A webhook and a certificate as the service signs them, and an API that knows one key and no upload. */
async function makeProof() {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const seconds = 1_700_000_000;
  const body = JSON.stringify({ id: 'e-1', type: 'webhook.test', created_at: 'x', tenant_id: ID, data: {} });
  const signing = { secrets: [secret], eventId: 'e-1', timestampSeconds: seconds, rawBody: body };
  const key = await makeSigningKey();
  const payload = {
    v: 1,
    certificate_id: ID,
    tenant_id: ID,
    upload_id: ID,
    external_id: 'invoice-7',
    decision: 'allow',
    policy: { id: ID, version: 1 },
    models: { risk: 'r1', anomaly: 'a1' },
    content_sha256: '0'.repeat(64),
    inputs_sha256: '1'.repeat(64),
    issued_at: '2026-01-01T00:00:00.000000Z',
  };
  const jws = await key.sign(canonicalJson(payload), { typ: 'origin-certificate+jws' });
  return {
    webhook: { secret, seconds, body, headers: await signWebhook(signing) },
    certificate: { jws, jwks: key.jwks, expected: { upload_id: ID } },
    api: { baseUrl: peer.baseUrl, key: 'ok_live_x' },
  };
}

/** A project with the tarball in it, installed without a network, and the programs of a consumer. */
async function emptyProject(): Promise<string> {
  const made = await mkdtemp(join(folder, 'project-'));
  await cp(join(SDK, 'test', 'consumer'), made, { recursive: true });
  await writeFile(join(made, 'package.json'), '{ "name": "consumer", "private": true }');
  await writeFile(join(made, 'proof.json'), JSON.stringify(proof));
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball], { cwd: made });
  return made;
}

describe('the packed SDK', () => {
  it('holds every module of the sources and depends on nothing', async () => {
    const installed = join(project, 'node_modules', '@origin-stack', 'sdk');
    const published = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
    expect(Object.keys(published).filter((name) => /dependencies|scripts|private/i.test(name))).toEqual([]);
    const names = async (path: string, end: string) =>
      (await readdir(path, { recursive: true }))
        .filter((name) => name.endsWith(end) && !/test\.ts$|\.d\.ts$/.test(name))
        .map((name) => name.slice(0, -end.length))
        .toSorted();
    const sources = await names(join(SDK, 'src'), '.ts');
    expect(sources).toContain('verifyWebhook');
    for (const format of ['esm', 'cjs']) expect(await names(join(installed, format), '.js')).toEqual(sources);
    const all = await readdir(installed, { recursive: true, withFileTypes: true });
    expect(all.filter(({ name }) => name.includes('.test.'))).toEqual([]);
    for (const file of all.filter(({ name }) => /\.(js|ts)$/.test(name) && !name.includes('receiver'))) {
      const text = await readFile(join(file.parentPath, file.name), 'utf8');
      expect(text).not.toMatch(/(from|require\(|import\()\s*['"](?!\.)/);
    }
  });

  it.each([
    [20, 'module.mjs'],
    [20, 'commonjs.cjs'],
    [22, 'module.mjs'],
    [22, 'commonjs.cjs'],
    [24, 'module.mjs'],
    [24, 'commonjs.cjs'],
  ] as const)('verifies and calls under Node %i as %s', async (major, program) => {
    const node = major === 24 ? process.execPath : judges.node(major);
    expect((await run(node, ['--version'])).stdout).toMatch(new RegExp(`^v${major}\\.`));
    const { stdout, stderr } = await run(node, [program], { cwd: project });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual(expected);
  });

  it('verifies and calls where a bundler put it, with what a browser has and nothing of Node', async () => {
    const args = ['browser.mjs', '--bundle', '--platform=browser', '--target=es2022', '--outfile=out.js'];
    await run(judges.program('esbuild'), args, { cwd: project });
    const { AbortController, AbortSignal, crypto, fetch, Headers, performance, URL, URLSearchParams } =
      globalThis;
    const { TextDecoder, TextEncoder, atob, btoa, clearTimeout, setTimeout } = globalThis;
    const page = {
      ...{ AbortController, AbortSignal, crypto, fetch, Headers, performance, URL, URLSearchParams },
      ...{ TextDecoder, TextEncoder, atob, btoa, clearTimeout, setTimeout },
      proof,
    };
    vm.runInNewContext(await readFile(join(project, 'out.js'), 'utf8'), page);
    expect(JSON.parse(await (page as unknown as { answers: Promise<string> }).answers)).toEqual(expected);
  });

  it.each<[string, object, string, string?]>([
    ['an ES module of Node', { module: 'nodenext', types: ['node'], lib: ['es2023'] }, 'module'],
    ['CommonJS of Node', { module: 'nodenext', types: ['node'], lib: ['es2023'] }, 'commonjs'],
    [
      'a bundler',
      { module: 'esnext', moduleResolution: 'bundler', types: [], lib: ['es2023', 'dom'] },
      'module',
    ],
    ['an older compiler', { module: 'nodenext', types: [], lib: ['es2023', 'dom'] }, 'commonjs', '5.6'],
  ])('is typed for a strict consumer that is %s', async (_what, options, type, release) => {
    const tsc = release === undefined ? TSC : judges.program('tsc');
    expect((await run(process.execPath, [tsc, '--version'])).stdout).toContain(`Version ${release ?? '7.'}`);
    const consumer = await emptyProject();
    await writeFile(join(consumer, 'package.json'), JSON.stringify({ name: 'typed', type }));
    const compilerOptions = {
      ...options,
      target: 'es2022',
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
      typeRoots: [join(ROOT, 'node_modules', '@types')],
    };
    const config = { compilerOptions, files: ['typed.ts'] };
    await writeFile(join(consumer, 'tsconfig.json'), JSON.stringify(config));
    const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', consumer], { encoding: 'utf8' });
    expect([stdout, status]).toEqual(['', 0]);
  });

  it('has no fault that publint or arethetypeswrong knows', async () => {
    const linted = await run(judges.program('publint'), [
      'run',
      join(BUILT, 'package'),
      '--strict',
      '--pack=false',
    ]);
    expect(linted.stdout).toContain('All good!');
    const { stdout } = await run(judges.program('attw'), [tarball, '--format', 'json']);
    const { analysis, problems = {} } = JSON.parse(stdout);
    expect([problems, analysis.problems]).toEqual([{}, []]);
  });
});

it('npm pack of the sources says what to run, and packs nothing', async () => {
  const packing = run('npm', ['pack', '--pack-destination', folder], { cwd: SDK });
  await expect(packing).rejects.toThrow('npm run tarball -w packages/sdk');
});
