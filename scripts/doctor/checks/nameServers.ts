import { defineCheck, warning } from '../doctorCheck.ts';

const RESOLV = '/etc/resolv.conf';

/** The worker looks names of webhooks up by what the engine hands to containers from the host's file. */
export const nameServers = defineCheck({
  name: 'name-servers',
  rule: 'containers can ask a name server',
  needs: 'host',
  async detect({ host }) {
    const servers = [...((await host.read(RESOLV)) ?? '').matchAll(/^\s*nameserver\s+(\S+)/gm)].map(
      ([, one]) => one ?? '',
    );
    if (servers.length === 0) {
      return [
        warning(
          `${RESOLV} names no name server: webhooks by name cannot be sent`,
          `add a line to ${RESOLV}: nameserver ADDRESS`,
        ),
      ];
    }
    // systemd-resolved is known to the engine, which reads its other file.
    const reachable = servers.filter((one) => !/^(127\.|::1$)/.test(one) || one === '127.0.0.53');
    if (reachable.length > 0) return [];
    const what = `the name server ${servers.join(', ')} listens on the host's loopback, which containers do not reach`;
    return [warning(what, 'name another in /etc/docker/daemon.json: { "dns": ["ADDRESS"] }')];
  },
});
