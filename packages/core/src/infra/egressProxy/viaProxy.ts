import type http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { EgressProxy } from './egressProxy.ts';

export interface Way {
  /** None where everything is reached directly. */
  proxy?: EgressProxy | undefined;
  /** How long a tunnel may take: a request cannot be given up while its agent still waits for one. */
  timeoutMs: number;
}

/**
 * The same agent, whose new connections go through the proxy, but for hosts that are reached directly. TLS is inside
 * the tunnel, by the agent's own options: who we are and whom we believe stays what it was.
 */
export function viaProxy<A extends http.Agent | https.Agent>(agent: A, { proxy, timeoutMs }: Way): A {
  if (!proxy) return agent;
  const isTls = agent instanceof https.Agent;
  const connect: http.Agent['createConnection'] = agent.createConnection.bind(agent);
  const connectOrTunnel: typeof connect = (options, callback) => {
    const host = options.host ?? 'localhost';
    if (proxy.isDirect(host)) return connect(options, callback);
    const target = { host, port: Number(options.port ?? (isTls ? 443 : 80)) };
    const use = (socket: Socket) => {
      const inside = { ...options, socket };
      callback?.(null, isTls ? (connect(inside) ?? socket) : socket);
    };
    proxy
      .connect(target, AbortSignal.timeout(timeoutMs))
      .then(use)
      .catch((error: Error) => callback?.(error, undefined as never));
    return undefined;
  };
  agent.createConnection = connectOrTunnel;
  return agent;
}
