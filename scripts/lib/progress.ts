/** Where progress goes: stderr in the product. `live` is a terminal that can redraw a line. */
export type ProgressTarget = { write: (text: string) => void; live: boolean; color: boolean };

/** One piece of long work. `update` says how far it is; `done` and `fail` close it. */
export type Step = {
  update: (detail: string, fraction?: number) => void;
  done: (detail?: string) => void;
  fail: (detail?: string) => void;
};

/** Says what is happening: `note` one line, `step` a spinner or bar on a terminal, plain lines elsewhere. */
export type Progress = { note: (text: string) => void; step: (title: string) => Step };

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 100;
const barWidth = 20;

/** Progress on a stream: it redraws when the target is live, and writes one line per event when it is not. */
export function createProgress(target: ProgressTarget): Progress {
  return {
    // On a terminal a spinner may stand in the line; it draws itself anew below.
    note: (text) => target.write(target.live ? `\r\u001b[K${text}\n` : `${text}\n`),
    step: (title) => (target.live ? liveStep(target, title) : plainStep(target, title)),
  };
}

/** The target for a stream as the user's terminal and environment want it (NO_COLOR, TERM=dumb, CI). */
export function progressTarget(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): ProgressTarget {
  const live = stream.isTTY === true && env.TERM !== 'dumb' && !env.CI;
  return { write: (text) => stream.write(text), live, color: live && !env.NO_COLOR };
}

function plainStep(target: ProgressTarget, title: string): Step {
  const startedAt = performance.now();
  target.write(`${title} ...\n`);
  let last = '';
  return {
    update: (detail) => {
      if (detail !== last) target.write(`${title}: ${detail}\n`);
      last = detail;
    },
    done: (detail) => target.write(`${title}: ${detail ?? 'done'} (${secondsSince(startedAt)})\n`),
    fail: (detail) => target.write(`${title}: ${detail ?? 'failed'}\n`),
  };
}

function liveStep(target: ProgressTarget, title: string): Step {
  const startedAt = performance.now();
  let frame = 0;
  let state = '';
  const draw = () => {
    target.write(`\r\u001b[K${frames[frame % frames.length]} ${title}${state}`);
    frame += 1;
  };
  draw();
  const timer = setInterval(draw, frameMs);
  timer.unref();
  const close = (mark: string, detail: string) => {
    clearInterval(timer);
    target.write(`\r\u001b[K${mark} ${title}${detail}\n`);
  };
  return {
    update: (detail, fraction) => {
      state = fraction === undefined ? `: ${detail}` : ` ${bar(fraction)} ${detail}`;
    },
    done: (detail) =>
      close(paint(target, 32, '✓'), `${detail ? `: ${detail}` : ''} (${secondsSince(startedAt)})`),
    fail: (detail) => close(paint(target, 31, '✗'), `: ${detail ?? 'failed'}`),
  };
}

function bar(fraction: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * barWidth);
  return `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}]`;
}

function paint(target: ProgressTarget, code: number, text: string): string {
  return target.color ? `\u001b[${code}m${text}\u001b[0m` : text;
}

function secondsSince(startedAt: number): string {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
}
