import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CHECKOUT } from '../../lib/checkout.ts';
import { defineCheck, error, type Issue, warning } from '../doctorCheck.ts';

const SKEW_MS = 5_000;

/** Certificates, time-outs and signatures go by the clock. */
export const clock = defineCheck({
  name: 'clock',
  rule: 'the clock is set, kept in step, and the same as the engine says',
  needs: 'host',
  async detect({ host, engine, dir }) {
    const found: Issue[] = [];
    const newest = await newestMs([join(CHECKOUT, 'package.json'), join(dir.secrets, 'ca', 'ca.crt')]);
    if (host.nowMs() < newest - SKEW_MS) {
      const what = `the clock says ${time(host.nowMs())}, before the product's own files (${time(newest)})`;
      found.push(error(what, "timedatectl set-ntp true, or date -s 'YYYY-MM-DD HH:MM:SS'"));
    }
    if (engine && engine.skewMs > SKEW_MS) {
      const what = `the engine's clock differs by ${Math.round(engine.skewMs / 1000)} s from this host's`;
      found.push(error(what, "timedatectl set-ntp true on the engine's host"));
    }
    const { code, output } = await host.run('timedatectl', ['show', '--property=NTPSynchronized']);
    // A host without systemd says nothing of its clock.
    if (code === 0 && /^NTPSynchronized=no$/m.test(output)) {
      found.push(warning('nothing keeps the clock in step', 'timedatectl set-ntp true'));
    }
    return found;
  },
});

const time = (ms: number) => new Date(ms).toISOString().slice(0, 19);

async function newestMs(paths: string[]): Promise<number> {
  const times = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return Math.max(...times);
}
