import { describe, expect, it } from 'vitest';
import { createProgress, progressTarget } from './progress.ts';

const ESC = '\u001b';

function record(target: { live: boolean; color: boolean }) {
  const written: string[] = [];
  const progress = createProgress({ ...target, write: (text) => written.push(text) });
  return { progress, text: () => written.join('') };
}

describe('progress', () => {
  it('is plain whole lines where there is no terminal, each state once', () => {
    const { progress, text } = record({ live: false, color: false });
    const step = progress.step('copying');
    step.update('half', 0.5);
    step.update('half', 0.5);
    step.done();
    expect(text()).toMatch(/^copying \.\.\.\ncopying: half\ncopying: done \(\d+\.\d s\)\n$/);
  });

  it('redraws one line on a terminal and ends it with a mark', () => {
    const { progress, text } = record({ live: true, color: true });
    progress.step('copying').fail('no space');
    expect(text()).toContain(`\r${ESC}[K`);
    expect(text().endsWith(`${ESC}[31m✗${ESC}[0m copying: no space\n`)).toBe(true);
  });

  it('uses no colour when NO_COLOR is set', () => {
    const terminal = { isTTY: true, write: () => true } as unknown as NodeJS.WriteStream;
    expect(progressTarget(terminal, {})).toMatchObject({ live: true, color: true });
    expect(progressTarget(terminal, { NO_COLOR: '1' })).toMatchObject({ live: true, color: false });
    expect(progressTarget(terminal, { TERM: 'dumb' })).toMatchObject({ live: false, color: false });
    const { progress, text } = record({ live: true, color: false });
    progress.step('copying').done();
    expect(text()).not.toContain(`${ESC}[3`);
  });
});
