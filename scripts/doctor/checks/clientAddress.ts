import { isIPv6 } from 'node:net';
import { composeArgv, docker } from '../../bundle/compose.ts';
import { defineCheck, type Issue, warning } from '../doctorCheck.ts';

const LOOKED_AT = 2_000;
/** Fewer requests say nothing. */
const ENOUGH = 50;

/** Limits, blocks and the audit log go by the caller's address. */
export const clientAddress = defineCheck({
  name: 'client-address',
  rule: "the callers' own addresses arrive",
  needs: 'running',
  async detect({ dir, settings }) {
    const bind = settings.ORIGIN_BIND;
    const found: Issue[] = [];
    if (isIPv6(bind)) {
      const what = `nginx is published on ${bind}, and its network has no IPv6: callers by IPv6 all come as the gateway`;
      found.push(warning(what, './stack up --bind 0.0.0.0, with IPv6 ended by a proxy of yours'));
    }
    const isLocal = /^127\./.test(bind);
    const argv = composeArgv(dir, 'logs', '--no-log-prefix', '--tail', String(LOOKED_AT), 'nginx');
    const addresses = (await docker(argv)).stdout.split('\n').flatMap(addressOf);
    const [first] = addresses;
    const isOne = addresses.length >= ENOUGH && addresses.every((one) => one === first);
    // From the host itself the gateway is the true address.
    if (isOne && !isLocal && settings.ORIGIN_TRUSTED_PROXIES === '') {
      const what = `the last ${addresses.length} requests all came from ${first}: a proxy or the engine hides the callers`;
      found.push(warning(what, `./stack up --trusted-proxies ${first}, where that is a proxy of yours`));
    }
    return found;
  },
});

function addressOf(line: string): string[] {
  const [, address] = /^\{.*"service":"nginx".*"address":"([^"]+)"/.exec(line) ?? [];
  return address === undefined ? [] : [address];
}
