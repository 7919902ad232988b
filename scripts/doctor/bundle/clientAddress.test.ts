import { Agent, request } from 'node:https';
import { isIPv4 } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { publicAddress } from '../../bundle/bundleClient.ts';
import { mustDocker } from '../../bundle/compose.ts';
import { initBundle } from '../../bundle/initBundle.ts';
import { reloadNginx } from '../../bundle/nginxReload.ts';
import { realHost } from '../host.ts';
import { issuesOf } from '../test/contextOf.ts';
import { compose, context, dir, root, skipped, stack, untilWell, whatOf } from '../test/liveBundle.ts';

const NAME = 'client-address';
const TIMEOUT_MS = 600_000;
const CALLS = 60;

interface Call {
  host: string;
  port: number;
  /** Where it comes from. */
  localAddress?: string;
}

/** Asks nginx as a proxy would for callers of its own, one after the other over one connection. */
async function callAs(call: Call, callers: string[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
  for (const caller of callers) {
    await new Promise<void>((resolve, reject) => {
      const headers = { 'x-forwarded-for': caller };
      const asked = request({ ...call, servername: 'localhost', agent, path: '/health/live', headers });
      asked.once('error', reject);
      asked.once('response', (response) => response.resume().once('end', resolve));
      asked.end();
    });
  }
  agent.destroy();
}

const CALLERS = Array.from({ length: CALLS }, (_, at) => `203.0.113.${at + 1}`);

/** The bundle as if it were bound to every address: on loopback the gateway is who calls. */
async function published() {
  const given = await context();
  return { ...given, settings: { ...given.settings!, ORIGIN_BIND: '0.0.0.0' } };
}

async function edge(): Promise<{ address: string; gateway: string }> {
  const { settings } = await context();
  const project = settings?.COMPOSE_PROJECT_NAME;
  const format = `{{json (index .NetworkSettings.Networks "${project}_edge").IPAddress}}`;
  const address = JSON.parse(await mustDocker(['inspect', '--format', format, `${project}-nginx-1`]));
  const network = ['network', 'inspect', '--format', '{{json .Containers}}', `${project}_edge`];
  expect(await mustDocker(network)).toContain(address);
  // As the host's own interfaces tell it.
  const gateway = realHost
    .addresses()
    .find(({ cidr }) => cidr.endsWith('/27') && sameNetwork(cidr, address))?.address;
  return { address, gateway: gateway ?? 'none' };
}

/** Whether an address is in the /27 of another. */
const sameNetwork = (cidr: string, address: string) => {
  const [start, last] = [/^(.*)\.(\d+)/.exec(cidr), /^(.*)\.(\d+)/.exec(address)];
  return (
    start?.[1] === last?.[1] && Math.floor(Number(start?.[2]) / 32) === Math.floor(Number(last?.[2]) / 32)
  );
};

/** An address of this host that is none of the bundle's networks: who calls from there is seen by it. */
async function elsewhere(): Promise<string> {
  const { settings } = await context();
  const others = realHost
    .addresses()
    .filter(({ address }) => isIPv4(address) && !/^(127|169\.254)\./.test(address))
    .filter(({ address }) => !address.startsWith(`${settings?.ORIGIN_SUBNET}.`));
  return others[0]?.address ?? expect.unreachable('this host has no address of its own');
}

/** An nginx that has logged nothing yet. */
async function freshNginx(): Promise<void> {
  await compose('up', '--detach', '--no-deps', '--force-recreate', 'nginx');
  await untilWell('containers');
}

describe.skipIf(!root)(`client-address of a bundle${skipped}`, () => {
  let undo: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const step of undo.reverse()) await step();
    undo = [];
  }, TIMEOUT_MS);

  it(
    'finds that every caller comes as the gateway, until one from elsewhere is seen by his own address',
    async () => {
      const { settings } = await context();
      const { connectTo: host = '127.0.0.1' } = publicAddress(dir, settings!);
      const { address, gateway } = await edge();
      await freshNginx();
      await callAs({ host, port: Number(settings?.ORIGIN_HTTPS_PORT) }, CALLERS.slice(0, 40));
      expect(await whatOf(NAME, await published())).toEqual([]);
      await callAs({ host, port: Number(settings?.ORIGIN_HTTPS_PORT) }, CALLERS);
      const [found] = await issuesOf(NAME, await published());
      expect(found?.what).toMatch(/requests all came from .*, the gateway of nginx's network/);
      expect(found?.what).toContain(` ${gateway},`);
      expect(found?.fix).toContain(`curl -k ${settings?.ORIGIN_PUBLIC_URL}/health/live on another machine`);
      // On loopback nobody else can call.
      expect(await whatOf(NAME)).toEqual([]);
      // A proxy on this host that is trusted under an address which never arrives.
      const given = await context();
      const trusting = { ...given.settings!, ORIGIN_TRUSTED_PROXIES: '192.0.2.1' };
      const [untold] = await issuesOf(NAME, { ...given, settings: trusting });
      expect(untold?.what).toContain(
        `all came from ${gateway}, the gateway of nginx's network, and the proxies`,
      );
      expect(untold?.fix).toContain('--trusted-proxies 127.0.0.1');

      await callAs({ host: address, port: 8443, localAddress: await elsewhere() }, CALLERS.slice(0, 1));
      expect(await whatOf(NAME, await published())).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'finds that a proxy hides the callers, and with --trusted-proxies as it says their own addresses arrive',
    async () => {
      const proxy = await elsewhere();
      const throughProxy = async () =>
        callAs({ host: (await edge()).address, port: 8443, localAddress: proxy }, CALLERS);
      await freshNginx();
      await throughProxy();
      const [found] = await issuesOf(NAME, await published());
      expect(found?.what).toMatch(/^the last \d+ requests all came from .*: a proxy hides the callers$/);
      const [, address = ''] = /^\.\/stack up --trusted-proxies (\S+),/.exec(found?.fix ?? '') ?? [];
      expect(address).toBe(proxy);
      expect(await compose('logs', 'nginx')).not.toContain('"address":"203.0.113.7"');

      undo.push(
        () => reloadNginx(dir),
        () => initBundle(dir, { trustedProxies: '' }),
      );
      const up = await stack('up', '--trusted-proxies', `${address},127.0.0.1`);
      expect(up.code, up.stderr).toBe(0);
      await throughProxy();
      const log = await compose('logs', 'nginx');
      for (const caller of CALLERS) expect(log).toContain(`"address":"${caller}"`);
      const { settings } = await context();
      const { connectTo: host = '127.0.0.1' } = publicAddress(dir, settings!);
      await callAs({ host, port: Number(settings?.ORIGIN_HTTPS_PORT) }, ['198.51.100.7']);
      expect(await compose('logs', 'nginx')).toContain('"address":"198.51.100.7"');
      expect(await whatOf(NAME, await published())).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it('finds a bundle that is published by IPv6, which its network has not, until --bind names IPv4', async () => {
    const given = await published();
    const bound = { ...given, settings: { ...given.settings, ORIGIN_BIND: '::' } };
    const [found] = await issuesOf(NAME, bound);
    expect(found?.what).toMatch(/no IPv6/);
    const [, bind = ''] = /^\.\/stack up --bind ([\d.]+),/.exec(found?.fix ?? '') ?? [];
    const mended = { ...given, settings: { ...given.settings, ORIGIN_BIND: bind } };
    expect((await whatOf(NAME, mended)).join()).not.toMatch(/IPv6/);
  });
});
