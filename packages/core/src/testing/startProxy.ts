import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { authorityOf } from '../infra/hosts.ts';

export interface Proxy {
  /** The same URL, through the proxy. */
  url: string;
  /** Connections that are open now fall into a black hole: nothing is passed on, and none ends. New ones work. */
  swallow(): void;
  /** New connections go to the server of this URL; the others stay where they are. */
  leadTo(target: string): void;
  stop(): Promise<void>;
}

/** A TCP proxy in front of the server of a URL, at 127.0.0.1 or another address of this machine. */
export async function startProxy(target: string, listenAt = '127.0.0.1'): Promise<Proxy> {
  const url = new URL(target);
  let { hostname, port } = url;
  const sockets = new Set<Socket>();
  const swallowed = new WeakSet<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const pass = (from: Socket, to: Socket) => {
      sockets.add(from);
      from.on('data', (bytes) => {
        if (!swallowed.has(from)) to.write(bytes);
      });
      from.on('close', () => {
        sockets.delete(from);
        if (!swallowed.has(from)) to.destroy();
      });
      from.on('error', () => {});
    };
    pass(near, far);
    pass(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, listenAt, resolve));
  const address = server.address();
  url.host = authorityOf(listenAt, (address as AddressInfo).port);
  return {
    url: url.href,
    swallow() {
      for (const socket of sockets) swallowed.add(socket);
    },
    leadTo(next) {
      ({ hostname, port } = new URL(next));
    },
    stop() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
