import { connect } from 'node:net';

const DEADLINE_MS = 2_000;

/** Knocks at each address, and gives `address:port` of those that took the connection. */
export async function reachPorts(targets: { address: string; port: number }[]): Promise<string[]> {
  const found = await Promise.all(
    targets.map(async (target) => ((await knock(target)) ? target : undefined)),
  );
  return found.flatMap((target) => (target ? [`${target.address}:${target.port}`] : []));
}

function knock({ address, port }: { address: string; port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (isOpen: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(isOpen);
    };
    const timer = setTimeout(end, DEADLINE_MS, false);
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
