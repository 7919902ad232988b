import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from '@origin-stack/testkit/eventually';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { CHECKOUT } from '../../lib/checkout.ts';
import { stackOf } from './stack.ts';
import { type TheBundle, theBundle } from './theBundle.ts';

const LOCKED = 4;
const TIMEOUT_MS = 600_000;
/** Everything that changes a bundle; what would destroy most, were it let in, comes last. */
const CHANGING = [
  ['up'],
  ['init'],
  ['renew-certs'],
  ['renew-certs', '--all'],
  ['down'],
  ['uninstall', '--yes'],
];
const LOOKING = [
  ['status'],
  ['logs', 'nginx', '--lines', '1'],
  ['tenant', 'list'],
  ['doctor', '--only', 'lock'],
];
const DRY = CHANGING.map((args) => [...args, '--dry-run']);

let bundle: TheBundle;
let stack: ReturnType<typeof stackOf>;
beforeAll(async () => {
  bundle = await theBundle();
  stack = stackOf(bundle);
});

/** An `up` that is at work, and stays at work until it gets SIGCONT. */
async function upAtWork() {
  const child = spawn(process.execPath, ['scripts/main.ts', 'up', '--state-dir', bundle.dir.root], {
    cwd: CHECKOUT,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }));
  await eventually(() => expect(output).toContain('starting the containers'), {
    deadlineMs: 120_000,
    pollMs: 20,
  });
  child.kill('SIGSTOP');
  return { child, ended };
}

test(
  'what would change a bundle while another run does is refused and told who it is; what looks is let in',
  async () => {
    const up = await upAtWork();
    for (const args of CHANGING) {
      const refused = await stack(...args);
      expect(refused, args.join(' ')).toMatchObject({ code: LOCKED, stdout: '' });
      expect(refused.stderr).toContain('another run is at work: ./stack up');
      expect(refused.stderr).toContain(`process ${up.child.pid} holds the lock since`);
    }
    for (const args of [...LOOKING, ...DRY]) {
      expect((await stack(...args)).stderr, args.join(' ')).not.toContain('another run is at work');
    }
    up.child.kill('SIGCONT');
    expect(await up.ended).toMatchObject({ code: 0 });
    expect(await stack('renew-certs')).toMatchObject({ code: 0 });
  },
  TIMEOUT_MS,
);

test(
  'a run that was killed hinders nobody: the next takes its lock over at once',
  async () => {
    const up = await upAtWork();
    up.child.kill('SIGKILL');
    expect(await up.ended).toMatchObject({ code: null });
    expect(await stack('doctor', '--only', 'lock')).toMatchObject({
      stdout: expect.stringContaining('./stack up was killed and left its lock'),
    });
    expect(await stack('renew-certs')).toMatchObject({ code: 0 });
    expect(await stack('up')).toMatchObject({ code: 0 });
    expect((await stack('doctor', '--only', 'lock')).stdout).not.toContain('left its lock');
  },
  TIMEOUT_MS,
);
