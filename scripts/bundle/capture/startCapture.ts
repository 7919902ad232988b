import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Packet, readPackets } from './readPackets.ts';

/** Packets of one interface, from the moment on that `startCapture` returned. */
export interface Capture {
  interface: string;
  /** Ends it, and gives what it saw. Throws where the kernel had to leave packets out. */
  stop(): Promise<Packet[]>;
}

/** Starts tcpdump on an interface, which may vanish later on; `filter` is in tcpdump's own words. */
export async function startCapture(name: string, folder: string, filter: string): Promise<Capture> {
  const file = join(folder, `${name}.pcap`);
  // As root to the end: it may not give up the right to write into the folder.
  const flags = [
    '-i',
    name,
    '-w',
    file,
    '-U',
    '-s',
    '0',
    '-n',
    '--immediate-mode',
    '-B',
    '16384',
    '-Z',
    'root',
  ];
  const child = spawn('tcpdump', [...flags, filter], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  const listening = new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk) => {
      said += chunk;
      if (said.includes('listening on')) resolve();
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`tcpdump on ${name} ended: ${said}`)));
  });
  const ended = once(child, 'close');
  await listening;
  return {
    interface: name,
    async stop() {
      child.kill('SIGINT');
      await ended;
      const dropped = /(\d+) packets? dropped by kernel/.exec(said)?.[1];
      if (dropped !== '0') throw new Error(`the capture of ${name} has holes: ${said}`);
      return readPackets(await readFile(file));
    },
  };
}
