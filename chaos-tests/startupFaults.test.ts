import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IngestRequest } from '@origin-stack/contract/ingest';
import { freePort } from '@origin-stack/core/infra/embedded/freePort';
import { serviceFiles } from '@origin-stack/scripts/embedded/serviceFiles.ts';
import { eventually } from '@origin-stack/testkit/eventually';
import { suspend } from '@origin-stack/testkit/suspend';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { canMount, mountSmallDisk } from './faults/fillDisk.ts';
import { isBack, killService } from './faults/killService.ts';
import { makeTenants, type Tenant } from './product/makeTenants.ts';
import { makeProduct, type Product, type Supervisor } from './product/startProduct.ts';
import { readLogLines, settingsOf, startService } from './product/startService.ts';

vi.setConfig({ testTimeout: 120_000 });

const isMountable = canMount();
const tell = (line: string) => process.stdout.write(`${line}\n`);
const secondsSince = (startMs: number) => ((performance.now() - startMs) / 1000).toFixed(1);

let product: Product;
let supervisor: Supervisor;
let tenant: Tenant;
let items = 0;

const item = (): IngestRequest => ({
  external_id: `item-${++items}`,
  account: { external_id: 'account-1' },
  content: { text: `item ${items}`, media_type: 'text/plain' },
});

beforeAll(async () => {
  product = await makeProduct();
  supervisor = await product.up();
  [tenant] = (await makeTenants(product, ['faults'])) as [Tenant];
}, 180_000);

afterAll(async () => {
  await product?.[Symbol.asyncDispose]();
});

/** Starts a service on free ports with some settings changed, and waits until it has given up. */
async function failingStart(service: 'api' | 'worker', changes: Record<string, string>) {
  const ports = { api: await freePort(), internal: await freePort() };
  const startedMs = performance.now();
  const running = startService(service, { ...(await settingsOf(product, service, ports)), ...changes });
  const code = await running.exited;
  return { code, output: running.output(), seconds: (performance.now() - startedMs) / 1000 };
}

async function takePort(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { server, port };
}

describe('wrong settings', () => {
  const wrong = {
    ENVIRONMENT: 'staging-Zx81',
    DATABASE_URL_FILE: '',
    DATABASE_URL: 'mysql://root:hunter2Zx81@db/origin',
    DATABASE_POOL_MAX: 'manyZx81',
    SIGNING_KEY_PROVIDER: '',
    LOCAL_ENCRYPTION_SALT_FILE: '',
    LOCAL_ENCRYPTION_SALT: 'shortZx81',
    REDIS_URL_FILE: '/nowhere/redis-url',
    TRUSTED_PROXIES: '10.0.0.0/8,Zx81.example',
    LOG_LEVEL: 'loudZx81',
  };

  for (const service of ['api', 'worker'] as const) {
    it(`of the ${service} are all named at once, with exit 3 and without a value`, async () => {
      const { code, output } = await failingStart(service, wrong);
      expect(code).toBe(3);
      expect(output.split('\n')[0]).toBe('8 problems with the settings:');
      expect(output).toContain('  ENVIRONMENT: must be one of development, test, production\n');
      expect(output).toContain('  LOG_LEVEL: must be one of debug, info, warn, error\n');
      expect(output).toContain(
        '  DATABASE_URL: must be a URL that begins with postgres:// or postgresql://\n',
      );
      expect(output).toContain('  DATABASE_POOL_MAX: must be an integer from 1 to 500\n');
      expect(output).toContain('  REDIS_URL: cannot read the file that REDIS_URL_FILE names: ENOENT\n');
      expect(output).toContain('  LOCAL_ENCRYPTION_SALT: must have at least 32 characters\n');
      expect(output).toMatch(/^ {2}SIGNING_KEY_PROVIDER: is missing \(.*local \| aws_kms \| vault\)$/m);
      expect(output).toMatch(/^ {2}TRUSTED_PROXIES: .*network/m);
      expect(output).not.toContain('Zx81');
    });
  }
});

describe('a port in use', () => {
  it('is named by the API with its setting, exit 3', async () => {
    const { server, port } = await takePort();
    const { code, output } = await failingStart('api', { API_PORT: String(port) });
    server.close();
    expect(code).toBe(3);
    expect(output).toContain(
      `API_PORT: another process listens on 127.0.0.1:${port}. Stop it, or set another API_PORT.`,
    );
  });

  it('is named by up with who holds it and what to type, exit 3, and nothing is started', async () => {
    const { server, port } = await takePort();
    await using other = await makeProduct();
    const { code, stderr } = await other.stack(['up', '--embedded', '--port', String(port)]);
    server.close();
    expect(code).toBe(3);
    expect(stderr).toContain(`error: port ${port} (the API) is taken\n`);
    expect(stderr).toContain(`(process ${process.pid}) listens on it\n`);
    expect(stderr).toContain(`./stack up --embedded --port ${port + 1}\n`);
    await expect(other.state()).rejects.toThrow('nothing runs here');
  });
});

describe('a model file', () => {
  let models: string;
  beforeAll(async () => {
    models = await mkdtemp(join(tmpdir(), 'origin-stack-models-'));
  });
  afterAll(() => rm(models, { recursive: true }));

  it('that is missing is named with its folder, exit 3', async () => {
    const folder = join(models, 'none');
    expect(await failingStart('api', { MODELS_PATH: folder })).toMatchObject({
      code: 3,
      output: expect.stringContaining(`the models' folder ${folder} cannot be read: ENOENT`),
    });
    await mkdir(folder);
    expect(await failingStart('api', { MODELS_PATH: folder })).toMatchObject({
      code: 3,
      output: expect.stringContaining(`no risk model: ${join(folder, 'risk.json')} is missing`),
    });
  });

  it('that is corrupt is named with what is wrong, exit 3', async () => {
    await writeFile(join(models, 'risk.json'), '{"kind":"risk","version":');
    expect(await failingStart('api', { MODELS_PATH: models })).toMatchObject({
      code: 3,
      output: expect.stringContaining(
        `the model ${join(models, 'risk.json')} is refused: the artifact is not JSON in UTF-8`,
      ),
    });
  });
});

describe('keys', () => {
  it('that are missing are named with the file, exit 3', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'origin-stack-keys-'));
    const { code, output } = await failingStart('api', { SIGNING_KEY_PATH: empty });
    await rm(empty, { recursive: true });
    expect(output).toContain(`the key file ${join(empty, 'signing-1.pem')} is missing`);
    expect(code).toBe(3);
  });

  it('that are not those of the database are refused with what to put back, exit 3', async () => {
    const salt = 'another-salt-of-more-than-32-characters-k7Q';
    for (const service of ['api', 'worker'] as const) {
      const changes = { LOCAL_ENCRYPTION_SALT_FILE: '', LOCAL_ENCRYPTION_SALT: salt };
      const { code, output } = await failingStart(service, changes);
      expect(output).toMatch(
        /the pepper key has the fingerprint [0-9a-f]+, the database was written under [0-9a-f]+/,
      );
      expect(output).toContain('put back the key files and LOCAL_ENCRYPTION_SALT');
      expect(output).not.toContain(salt);
      expect(code).toBe(3);
    }
  });
});

describe('a database that is down', () => {
  it('ends the start within seconds and is named, without its password', async () => {
    const port = await freePort();
    const changes = {
      DATABASE_URL_FILE: '',
      DATABASE_URL: `postgres://origin_api:hunter2Zx81@127.0.0.1:${port}/origin`,
    };
    for (const service of ['api', 'worker'] as const) {
      const { code, output, seconds } = await failingStart(service, changes);
      expect(code).toBe(1);
      expect(output).toContain(`the ${service} cannot start: `);
      expect(output).toContain(`ECONNREFUSED 127.0.0.1:${port}`);
      expect(output).not.toContain('Zx81');
      expect(seconds).toBeLessThan(25);
    }
  });
});

describe('Redis that is killed', () => {
  it('makes the API not ready and no request fail, and it is ready again by itself', {
    timeout: 90_000,
  }, async () => {
    const ready = () =>
      fetch(`${product.apiUrl}/ready`).then(async (reply) => ({
        status: reply.status,
        body: await reply.json(),
      }));
    expect(await ready()).toMatchObject({ status: 200, body: { ready: true } });
    // A supervisor that stands still restarts nothing: the outage lasts as long as the test needs.
    await suspend(supervisor.pid);
    const killedMs = performance.now();
    const formerPid = await killService(product, 'redis');
    let noticedSeconds = '';
    try {
      await eventually(async () =>
        expect(await ready()).toMatchObject({ status: 503, body: { ready: false, status: 'unhealthy' } }),
      );
      noticedSeconds = secondsSince(killedMs);
      // A database that answers late is degraded for that look: this host may have had no moment for it.
      await eventually(async () =>
        expect(
          await fetch(`${product.internalUrl}/health/ready`).then((reply) => reply.json()),
        ).toMatchObject({
          components: { redis: { status: 'unhealthy' }, database: { status: 'healthy' } },
        }),
      );
      const replies = await Promise.all(Array.from({ length: 20 }, () => tenant.client.ingest(item())));
      expect(new Set(replies.map((reply) => reply.upload_id)).size).toBe(20);
      await expect(
        fetch(`${product.apiUrl}/v1/whoami`, { headers: { 'x-api-key': 'ok_live_wrong' } }),
      ).resolves.toMatchObject({ status: 401 });
    } finally {
      process.kill(supervisor.pid, 'SIGCONT');
    }
    const resumedMs = performance.now();
    await eventually(() => isBack(product, 'redis', formerPid), { deadlineMs: 30_000 });
    await eventually(async () => expect(await ready()).toMatchObject({ status: 200 }), {
      deadlineMs: 30_000,
    });
    tell(
      `Redis killed: not ready after ${noticedSeconds} s; ready ${secondsSince(resumedMs)} s after it was started again`,
    );
  });
});

describe.skipIf(!isMountable)('a full disk (only where a file system may be mounted)', () => {
  it('delays evidence packs and nothing else, and they are built once there is space', {
    timeout: 120_000,
  }, async () => {
    await using disk = mountSmallDisk(product.dir.objects, 1 << 20);
    for (const folder of ['objects', 'incoming']) await mkdir(join(product.dir.objects, folder));
    await disk.fill();
    const reply = await tenant.client.ingest(item());
    const { id } = await tenant.client.createEvidencePack({ upload_id: reply.upload_id });
    const failures = async () =>
      readLogLines(await readFile(join(product.dir.logs, 'worker.log'), 'utf8')).filter(
        (line) => line.msg === 'work failed' && JSON.stringify(line).includes('the disk is full (ENOSPC)'),
      );
    await eventually(async () => expect((await failures()).length).toBeGreaterThanOrEqual(2), {
      deadlineMs: 30_000,
    });
    expect(await tenant.client.getEvidencePack(id)).toMatchObject({ status: 'pending' });
    expect((await fetch(`${product.apiUrl}/ready`)).status).toBe(200);
    expect((await tenant.client.ingest(item())).upload_id).not.toBe(reply.upload_id);
    await disk.free();
    const freedMs = performance.now();
    const pack = await tenant.client.waitForEvidencePack(id, { waitMs: 60_000, pollMs: 100 });
    tell(`full disk: the pack was ready ${secondsSince(freedMs)} s after there was space`);
    expect(pack.artifacts).toHaveLength(3);
    expect((await tenant.client.downloadArtifact(id, 'pack.zip')).length).toBeGreaterThan(1000);
  });
});

describe('the same command twice at once', () => {
  it('migrate: both succeed and nothing runs twice', async () => {
    const both = await Promise.all([product.stack(['migrate']), product.stack(['migrate'])]);
    for (const { code, stdout } of both) {
      expect(stdout).toContain('nothing to do');
      expect(code).toBe(0);
    }
  });

  it('up: the second says that it runs already and starts nothing', async () => {
    const before = await product.state();
    const { code, stdout } = await product.stack(product.upArguments);
    expect(stdout).toBe(`it runs already: ${product.apiUrl}\n`);
    expect(code).toBe(0);
    expect(await product.state()).toEqual(before);
  });
});

describe('kill -9 of the supervisor', () => {
  it('is mended by up: what was left is stopped, everything runs again, and the data is there', {
    timeout: 120_000,
  }, async () => {
    const reply = await tenant.client.ingest(item());
    const { services: left } = await product.state();
    const killedMs = performance.now();
    process.kill(supervisor.pid, 'SIGKILL');
    await supervisor.exited;
    supervisor = await product.up();
    tell(`supervisor killed: up again, checked, ${secondsSince(killedMs)} s after the kill`);
    expect(supervisor.output()).toContain('stopped what a killed run had left behind: worker, api, ');
    const { services } = await product.state();
    const pids = (of: typeof services) => of.map((service) => service.process?.pid);
    expect(pids(services).filter((pid) => pids(left).includes(pid))).toEqual([]);
    const { content: _, inputs: __, ...stored } = await tenant.client.getUpload(reply.upload_id);
    expect(stored).toEqual(reply);
    expect(await tenant.client.verifyLedger()).toMatchObject({ valid: true });
  });
});

describe('down', () => {
  it('twice: the first stops everything and keeps the data, the second has nothing to do', async () => {
    expect(await product.stack(['down'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('the data is kept'),
    });
    expect(await supervisor.exited).toBe(0);
    expect(await product.stack(['down'])).toMatchObject({
      code: 0,
      stdout: 'nothing to do: nothing runs here\n',
    });
    await expect(fetch(`${product.apiUrl}/ready`)).rejects.toThrow();
  });
});

describe('up on the data of before', () => {
  it('two at once: one starts, the other says who is at work', async () => {
    const first = product.up();
    await eventually(() => product.state(), { deadlineMs: 30_000 });
    const { code, stderr } = await product.stack(product.upArguments);
    supervisor = await first;
    expect(code).toBe(4);
    expect(stderr).toContain('error: another run is at work: ./stack up\n');
    expect(stderr).toContain(`process ${supervisor.pid} holds the lock`);
    expect(await product.stack(['down'])).toMatchObject({ code: 0 });
  });

  it.each([
    ['master.key', (dir: Product['dir']) => join(serviceFiles(dir).keysDir, 'master.key')],
    ['signing-1.pem', (dir: Product['dir']) => join(serviceFiles(dir).keysDir, 'signing-1.pem')],
    ['local-encryption-salt', (dir: Product['dir']) => join(dir.secrets, 'local-encryption-salt')],
  ])(
    'without %s is refused with the file to put back, exit 3, and none is made in its place',
    async (name, locate) => {
      const file = locate(product.dir);
      await rename(file, `${file}.away`);
      const { code, stderr } = await product.stack(product.upArguments);
      expect(stderr).toContain(`error: ${file} is missing\n`);
      expect(stderr).toContain('why:   the database here was written under it');
      expect(stderr).toContain(`next:  put ${name} back from a backup`);
      expect(code).toBe(3);
      await expect(readFile(file)).rejects.toThrow('ENOENT');
      await rename(`${file}.away`, file);
    },
  );

  it("with a model that is corrupt ends with the API's own words, and starts once it is right", {
    timeout: 120_000,
  }, async () => {
    const models = await mkdtemp(join(tmpdir(), 'origin-stack-models-'));
    await writeFile(join(models, 'risk.json'), 'not a model');
    const set = (path: string) => product.stack(['config', 'set', `MODELS_PATH=${path}`, '--embedded']);
    expect(await set(models)).toMatchObject({ code: 0 });
    const { code, stderr } = await product.stack(product.upArguments);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `the model ${join(models, 'risk.json')} is refused: the artifact is not JSON in UTF-8`,
    );
    await expect(product.state()).rejects.toThrow('nothing runs here');
    expect(await set('')).toMatchObject({ code: 0 });
    await rm(models, { recursive: true });
    supervisor = await product.up();
    expect(await tenant.client.verifyLedger()).toMatchObject({ valid: true });
  });
});
