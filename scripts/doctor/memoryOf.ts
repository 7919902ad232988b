import type { Host } from './host.ts';

/** The figures of /proc/meminfo in bytes, by their names there (proc(5)). */
export async function memoryOf(host: Host): Promise<Record<string, number | undefined>> {
  const lines = ((await host.read('/proc/meminfo')) ?? '').matchAll(/^(\w+):\s+(\d+) kB$/gm);
  return Object.fromEntries([...lines].map(([, name, kilobytes]) => [name, Number(kilobytes) * 1024]));
}
