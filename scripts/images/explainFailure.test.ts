import { expect, it } from 'vitest';
import { explainFailure } from './explainFailure.ts';

it('says in one line that the disk is full, whoever met it', () => {
  for (const line of [
    '#9 1.0 tar: write error: No space left on device',
    "#6 6.929 E: You don't have enough free space in /var/cache/apt/archives/.",
    'npm error code ENOSPC',
  ]) {
    expect(explainFailure(`#1 0.1 before\n${line}\nafter`)).toMatch(/^the disk is full/);
  }
});

it('says in one line that the network is away', () => {
  expect(explainFailure("#8 12.1 Temporary failure resolving 'mirror.example'")).toBe(
    "there is no way to the network: Temporary failure resolving 'mirror.example'",
  );
});

it('shows the end of the step that failed, and none of the Dockerfile', () => {
  const build = ['#6 DONE', '------', ' > [2/6] RUN make:', '0.1 cc a.c', '0.2 a.c:1: error', '------'];
  const after = [
    'Dockerfile:4',
    '--------------------',
    '   4 | >>> RUN make',
    '--------------------',
    'ERROR',
  ];
  expect(explainFailure([...build, ...after].join('\n'))).toBe('\n0.1 cc a.c\n0.2 a.c:1: error');
  expect(explainFailure('#8 error: syntax')).toBe('\n#8 error: syntax');
});
