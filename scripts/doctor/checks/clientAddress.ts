import { isIPv6 } from 'node:net';
import { serviceOf } from '../../audit/inspected.ts';
import { docker } from '../../bundle/compose.ts';
import { isLoopback } from '../../bundle/localProxy.ts';
import { type ContextFor, defineCheck, type Issue, warning } from '../doctorCheck.ts';

const LOOKED_AT = 2_000;
/** Fewer requests say nothing. */
const ENOUGH = 50;

/** Limits, blocks and the audit log go by the caller's address. */
export const clientAddress = defineCheck({
  name: 'client-address',
  rule: "the callers' own addresses arrive",
  needs: 'running',
  async detect(context) {
    const { ORIGIN_BIND: bind, ORIGIN_TRUSTED_PROXIES: trusted } = context.settings;
    const found: Issue[] = [];
    if (isIPv6(bind)) {
      const what = `nginx is published on ${bind}, and its network has no IPv6: callers by IPv6 all come as the gateway`;
      found.push(warning(what, './stack up --bind 0.0.0.0, with IPv6 ended by a proxy of yours'));
    }
    // From the host itself the gateway is the true address.
    if (isLoopback(bind) && trusted === '') return found;
    const gateways = gatewaysOf(context);
    const callers = (await loggedAddresses(context)).filter(
      (one) => gateways.includes(one) || !isOwn(one, context),
    );
    const [first] = callers;
    if (first === undefined || callers.length < ENOUGH || callers.some((one) => one !== first)) return found;
    // Behind proxies that are trusted one caller may be all there is; but none of them comes as the gateway.
    if (trusted !== '' && !gateways.includes(first)) return found;
    return [...found, hiddenBehind(first, callers.length, { isGateway: gateways.includes(first), context })];
  },
});

type Context = ContextFor<'running'>;

function hiddenBehind(
  address: string,
  count: number,
  { isGateway, context: { settings } }: { isGateway: boolean; context: Context },
): Issue {
  const all = `the last ${count} requests all came from ${address}`;
  if (!isGateway) {
    const what = `${all}: a proxy hides the callers`;
    return warning(what, `./stack up --trusted-proxies ${address}, where that is a proxy of yours`);
  }
  if (settings.ORIGIN_TRUSTED_PROXIES !== '') {
    return warning(
      `${all}, the gateway of nginx's network, and the proxies that are trusted have others`,
      './stack up --bind 127.0.0.1 --trusted-proxies 127.0.0.1, where the proxy is on this host and sends X-Forwarded-For',
    );
  }
  const what = `${all}, the gateway of nginx's network: only this host called, or the engine hides the callers`;
  const fix = [
    `curl -k ${settings.ORIGIN_PUBLIC_URL}/health/live on another machine, and look again.`,
    'Where it stays so: "iptables": true in /etc/docker/daemon.json;',
    'where a proxy on this host is in between: ./stack up --bind 127.0.0.1 --trusted-proxies 127.0.0.1',
  ];
  return warning(what, fix.join(' '));
}

/** By the engine itself: Compose begins each line with a sequence for terminals. */
async function loggedAddresses(context: Context): Promise<string[]> {
  const { Id: id } = nginxOf(context) ?? {};
  if (id === undefined) return [];
  return (await docker(['logs', '--tail', String(LOOKED_AT), id])).stdout.split('\n').flatMap(addressOf);
}

function addressOf(line: string): string[] {
  const [, address] = /^\{.*"service":"nginx".*"address":"([^"]+)"/.exec(line) ?? [];
  return address === undefined ? [] : [address];
}

/** Where callers seem to come from whose address the engine changes. */
const gatewaysOf = (context: Context) =>
  Object.values(nginxOf(context)?.NetworkSettings.Networks ?? {}).map(({ Gateway = '' }) => Gateway);

const nginxOf = ({ containers }: Context) => containers.find((one) => serviceOf(one) === 'nginx');

/** The bundle's own containers ask nginx too, the exporter that probes it every few seconds. */
const isOwn = (address: string, { settings }: Context) => address.startsWith(`${settings.ORIGIN_SUBNET}.`);
