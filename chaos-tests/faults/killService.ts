import { isRunning } from '@origin-stack/scripts/lib/processIdentity.ts';
import type { Product } from '../product/startProduct.ts';

export type ServiceName = 'api' | 'worker' | 'redis' | 'postgres';

/** Sends a signal to a supervised service and returns its process number; only to the process that was recorded. */
export async function killService(
  product: Product,
  name: ServiceName,
  signal: NodeJS.Signals = 'SIGKILL',
): Promise<number> {
  const { services } = await product.state();
  const target = services.find((service) => service.name === name)?.process;
  if (!target || !isRunning(target)) throw new Error(`${name} does not run`);
  process.kill(target.pid, signal);
  return target.pid;
}

/** Whether the service runs again, as another process than `formerPid`. */
export async function isBack(product: Product, name: ServiceName, formerPid: number): Promise<boolean> {
  const { services } = await product.state();
  const target = services.find((service) => service.name === name)?.process;
  return target !== null && target !== undefined && target.pid !== formerPid && isRunning(target);
}
