import { eventually } from '@origin-stack/testkit/eventually';
import { expect } from 'vitest';
import { locateBundle } from '../../bundle/bundleDir.ts';
import { composeArgv, mustDocker } from '../../bundle/compose.ts';
import { runStack } from '../../bundle/test/stack.ts';
import { runTool } from '../../engine/runTool.ts';
import { CHECKOUT } from '../../lib/checkout.ts';
import type { DoctorContext } from '../doctorCheck.ts';
import { openContext } from '../openContext.ts';
import { issuesOf } from './contextOf.ts';

/** The state directory of the bundle under test, where there is one. */
export const root = process.env.ORIGIN_TEST_BUNDLE;
export const skipped = root ? '' : ' (skipped: needs a running bundle, named by ORIGIN_TEST_BUNDLE=DIR)';
export const dir = locateBundle(root ?? '/nowhere');

export const context = () => openContext(dir, new AbortController().signal);

/** What a check finds in the bundle as it is now, or in what is given. */
export const whatOf = async (name: string, given?: DoctorContext) =>
  (await issuesOf(name, given ?? (await context()))).map(({ what }) => what);

export const compose = (...args: string[]) => mustDocker(composeArgv(dir, ...args));
export const stack = (...args: string[]) => runStack([...args, '--state-dir', dir.root]);

/** Waits until a check finds nothing. */
export async function untilWell(name: string): Promise<void> {
  await eventually(async () => expect(await whatOf(name)).toEqual([]), {
    deadlineMs: 90_000,
    pollMs: 500,
  });
}

/** Types a fix as it stands into a shell. */
export async function type(fix: string): Promise<void> {
  const { code, output } = await runTool('sh', ['-c', fix], { cwd: CHECKOUT });
  expect({ code, output }).toMatchObject({ code: 0 });
}
