import { expect, test } from 'vitest';
import type { Inspected } from '../audit/inspected.ts';
import { watchCrashLoops } from './crashLoops.ts';

const container = (service: string, state: object, start = 0, dependsOn = '') =>
  ({
    Id: service,
    Name: `/${service}`,
    State: { ...state, StartedAt: `start ${start}` },
    Config: { Labels: { 'com.docker.compose.service': service, 'com.docker.compose.depends_on': dependsOn } },
  }) as unknown as Inspected;
const healthy = { Status: 'running', Running: true, ExitCode: 0, Health: { Status: 'healthy' } };
const starting = { ...healthy, Health: { Status: 'starting' } };
const restarting = { Status: 'restarting', Running: true, ExitCode: 1, Health: { Status: 'starting' } };
const ended = { Status: 'exited', Running: false, ExitCode: 0 };

/** What is found at each second, with the container at the start that is said. */
function lookAt(starts: number[], dependency: (second: number) => object, dependsOn: string): string[][] {
  const look = watchCrashLoops();
  return starts.map((start, second) =>
    look(
      [container('redis', dependency(second)), container('api', restarting, start, dependsOn)],
      second * 1_000,
    ),
  );
}

test('one that is started three times with all there that it needs is found, within seconds', () => {
  const looks = lookAt([2, 3, 4, 5], () => healthy, 'redis:service_healthy:false');
  expect(looks).toEqual([[], [], [], ['api']]);
});

test('one whose dependency is not there yet, or has only just come, is none', () => {
  const late = (second: number) => (second < 4 ? starting : healthy);
  expect(lookAt([1, 2, 3, 4, 5, 5, 5], late, 'redis:service_healthy:false').flat()).toEqual([]);
});

test('what is to end, and has, is there for those that wait for it', () => {
  const looks = lookAt([0, 3, 4, 5], () => ended, 'redis:service_completed_successfully:false');
  expect(looks.at(-1)).toEqual(['api']);
});

test('one that is slow to start, or was started again long ago, is none', () => {
  const look = watchCrashLoops();
  for (let second = 0; second < 240; second += 1) {
    const start = Math.floor(second / 25);
    expect(
      look([container('api', starting, 0), container('worker', starting, start)], second * 1_000),
    ).toEqual([]);
  }
});
