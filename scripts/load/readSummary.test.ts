import { expect, it } from 'vitest';
import { readProgress, readSummary } from './readSummary.ts';

it('reads how far a run is, whatever its length', () => {
  expect(readProgress('running (05.3s), 03/14 VUs, 44 complete and 0 interrupted iterations')).toEqual({
    second: 5.3,
    callers: 3,
    finished: 44,
  });
  const long = 'running (1h02m05.0s), 003/201 VUs, 1044 complete and 2 interrupted iterations';
  expect(readProgress(long)).toEqual({ second: 3725, callers: 3, finished: 1044 });
  expect(readProgress('running (2m00.0s), 0/9 VUs, 7 complete and 0 interrupted')?.second).toBe(120);
});

it('finds the summary among everything else that k6 writes', () => {
  const lines = ['', '     execution: local', 'ingest   [  10% ] 1/5 VUs', 'running, 00/14 VUs, 0 complete'];
  for (const line of lines) expect([readSummary(line), readProgress(line)]).toEqual([undefined, undefined]);
  expect(readSummary('{"summary":{"durationSeconds":7}}')).toEqual({ durationSeconds: 7 });
});
