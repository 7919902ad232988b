import { lookup } from 'node:dns/promises';
import { readFile, realpath, statfs } from 'node:fs/promises';
import { availableParallelism, networkInterfaces } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { runTool, type ToolResult } from '../engine/runTool.ts';
import { measureSyncs } from './measureSyncs.ts';

/** A network address of this host, with the length of its prefix. */
export interface HostAddress {
  address: string;
  cidr: string;
  device: string;
}

export interface DiskSpace {
  freeBytes: number;
  totalBytes: number;
  freeInodes: number;
  totalInodes: number;
}

/** What the checks ask the host; tests answer otherwise. */
export interface Host {
  env: NodeJS.ProcessEnv;
  isRoot: boolean;
  nowMs(): number;
  cores(): number;
  /** The text of a file, or undefined where there is none that this user may read. */
  read(path: string): Promise<string | undefined>;
  /** Of the file system that holds a path, or would hold it. */
  disk(path: string): Promise<DiskSpace>;
  /** The time that 99 of 100 small writes there took to be on the disk, in milliseconds; undefined where none may be. */
  syncP99(path: string): Promise<number | undefined>;
  /** The path without symbolic links; what is not there yet is kept as it is. */
  realpath(path: string): Promise<string>;
  addresses(): HostAddress[];
  resolve(name: string): Promise<string[]>;
  run(program: string, args: string[]): Promise<ToolResult>;
}

const TOOL_MS = 20_000;

/** This host. */
export const realHost: Host = {
  env: process.env,
  isRoot: process.getuid?.() === 0,
  nowMs: Date.now,
  cores: availableParallelism,
  read: (path) => readFile(path, 'utf8').catch(() => undefined),
  async disk(path) {
    const found = await statfs(await existing(path));
    return {
      freeBytes: found.bavail * found.bsize,
      totalBytes: found.blocks * found.bsize,
      freeInodes: found.ffree,
      totalInodes: found.files,
    };
  },
  async realpath(path) {
    const there = await existing(path);
    return join(await realpath(there), relative(there, path));
  },
  syncP99: (path) => measureSyncs(path).catch(() => undefined),
  addresses: () =>
    Object.entries(networkInterfaces()).flatMap(([device, list]) =>
      (list ?? []).map(({ address, cidr }) => ({ device, address, cidr: cidr ?? address })),
    ),
  async resolve(name) {
    const found = await lookup(name, { all: true }).catch(() => []);
    return found.map(({ address }) => address);
  },
  run: (program, args) => runTool(program, args, { timeoutMs: TOOL_MS }),
};

/** The path itself, or the nearest folder above it that is there. */
async function existing(path: string): Promise<string> {
  const isThere = await realpath(path).then(
    () => true,
    () => false,
  );
  return isThere || dirname(path) === path ? path : existing(dirname(path));
}
