import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BreakerOptions, type BreakerState, type BreakerTransition, createBreaker } from './breaker.ts';
import { BreakerOpenError, BreakerTimeoutError } from './breakerErrors.ts';

type Outcome = 'ok' | 'refused' | 'failed';

class AnswerError extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`status ${status}`);
    this.status = status;
  }
}

const restMs = 1000;
const turn = () => new Promise((resolve) => setImmediate(resolve));

function setUp(overrides: Partial<BreakerOptions> = {}) {
  const clock = { nowMs: 5000 };
  const breaker = createBreaker({
    name: 'peer',
    failures: 3,
    halfOpenAfterMs: restMs,
    isFailure: (error) => error instanceof AnswerError && error.status >= 500,
    nowMs: () => clock.nowMs,
    ...overrides,
  });
  const transitions: BreakerTransition[] = [];
  breaker.onTransition((transition) => transitions.push(transition));
  const edges = () => transitions.map(({ from, to }) => `${from}>${to}`);
  const fail = () => breaker.run(() => Promise.reject(new AnswerError(503))).catch(() => {});
  const open = async () => {
    for (let i = 0; i < 3; i += 1) await fail();
  };
  return { breaker, clock, edges, fail, open, transitions };
}

/** A call whose outcome the test decides. */
function held() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const settle = (outcome: Outcome) => {
    if (outcome === 'ok') resolve('answer');
    else reject(new AnswerError(outcome === 'refused' ? 404 : 503));
  };
  return { call: () => promise, settle };
}

describe('a breaker', () => {
  test('passes on what the call returns and what it throws', async () => {
    const { breaker } = setUp();
    const refusal = new AnswerError(404);
    expect(await breaker.run(async () => 7)).toBe(7);
    await expect(breaker.run(() => Promise.reject(refusal))).rejects.toBe(refusal);
  });

  test('opens after the given failures in a row and then makes no call until it has rested', async () => {
    const { breaker, clock, edges, open } = setUp();
    await open();
    expect(breaker.state()).toBe('open');
    clock.nowMs += restMs - 1;
    let calls = 0;
    const rejection = breaker.run(async () => {
      calls += 1;
    });
    await expect(rejection).rejects.toMatchObject({
      name: 'BreakerOpenError',
      breaker: 'peer',
      retryAfterMs: 1,
    });
    expect(calls).toBe(0);
    expect(edges()).toEqual(['closed>open']);
  });

  test('stays closed when a success comes between failures', async () => {
    const { breaker, fail } = setUp();
    for (let i = 0; i < 5; i += 1) {
      await fail();
      await fail();
      await breaker.run(async () => 1);
    }
    expect(breaker.state()).toBe('closed');
  });

  test('never opens for refusals, however many', async () => {
    const { breaker } = setUp();
    for (let i = 0; i < 50; i += 1) {
      await breaker.run(() => Promise.reject(new AnswerError(400 + i))).catch(() => {});
    }
    expect(breaker.state()).toBe('closed');
  });

  test('rejects the callers that arrive during the probe and never makes their calls', async () => {
    const { breaker, clock, edges, open } = setUp();
    await open();
    clock.nowMs += restMs;
    const probe = held();
    const probing = breaker.run(probe.call);
    let passed = 0;
    const others = Array.from({ length: 99 }, () =>
      breaker.run(async () => {
        passed += 1;
      }),
    );
    const outcomes = await Promise.allSettled(others);
    expect(breaker.state()).toBe('half_open');
    expect(outcomes.every((one) => one.status === 'rejected' && one.reason instanceof BreakerOpenError)).toBe(
      true,
    );
    probe.settle('ok');
    expect(await probing).toBe('answer');
    await turn();
    expect(passed).toBe(0);
    expect(edges()).toEqual(['closed>open', 'open>half_open', 'half_open>closed']);
  });

  test('rests anew when the probe fails', async () => {
    const { breaker, clock, fail, open } = setUp();
    await open();
    clock.nowMs += restMs;
    await fail();
    expect(breaker.state()).toBe('open');
    await expect(breaker.run(async () => 1)).rejects.toMatchObject({ retryAfterMs: restMs });
    clock.nowMs += restMs;
    expect(await breaker.run(async () => 1)).toBe(1);
    expect(breaker.state()).toBe('closed');
  });

  test('is not reopened during the probe by a call that began before it opened', async () => {
    const { breaker, clock, edges, open } = setUp();
    const late = Array.from({ length: 5 }, held);
    const running = late.map(({ call }) => breaker.run(call).catch(() => {}));
    await open();
    clock.nowMs += restMs;
    const probe = held();
    const probing = breaker.run(probe.call);
    for (const { settle } of late) settle('failed');
    await Promise.all(running);
    expect(breaker.state()).toBe('half_open');
    probe.settle('ok');
    await probing;
    expect(edges()).toEqual(['closed>open', 'open>half_open', 'half_open>closed']);
  });

  test('does not count, once closed again, the failures of calls from before', async () => {
    const { breaker, clock, fail, open } = setUp();
    const late = Array.from({ length: 5 }, held);
    const running = late.map(({ call }) => breaker.run(call).catch(() => {}));
    await open();
    clock.nowMs += restMs;
    await breaker.run(async () => 1);
    for (const { settle } of late) settle('failed');
    await Promise.all(running);
    await fail();
    await fail();
    expect(breaker.state()).toBe('closed');
  });

  test('counts a call that outlasts its time as failed, aborts its signal and names the timeout', async () => {
    const { breaker } = setUp({ timeoutMs: 20 });
    let reason: unknown;
    const call = (signal: AbortSignal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason;
          reject(new AnswerError(404));
        });
      });
    for (let i = 0; i < 3; i += 1) {
      await expect(breaker.run(call)).rejects.toMatchObject({ name: 'BreakerTimeoutError', timeoutMs: 20 });
    }
    expect(reason).toBeInstanceOf(BreakerTimeoutError);
    expect(breaker.state()).toBe('open');
  });

  test('refuses a threshold of one and rests without a length', () => {
    expect(() => setUp({ failures: 1 })).toThrow(/failures must be a whole number of at least 2/);
    expect(() => setUp({ failures: 2.5 })).toThrow(RangeError);
    expect(() => setUp({ halfOpenAfterMs: Number.NaN })).toThrow(/above 0/);
    expect(() => setUp({ timeoutMs: 0 })).toThrow(/above 0/);
  });
});

describe('a breaker under any order of calls, outcomes and time', () => {
  const action = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('call' as const) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('settle' as const),
        which: fc.nat(30),
        as: fc.constantFrom<Outcome>('ok', 'refused', 'failed', 'failed', 'failed'),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 500, 1000) }),
    },
  );

  test('does what the model of one probe at a time does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 30, maxLength: 120 }), async (actions) => {
        const { breaker, clock } = setUp();
        const model = { state: 'closed' as BreakerState, inARow: 0, period: 0, openedAt: 0 };
        const running: { settle: (as: Outcome) => void; period: number; isProbe: boolean }[] = [];
        for (const step of actions) {
          if (step.do === 'wait') clock.nowMs += step.ms;
          if (step.do === 'call') {
            const rested = model.state === 'open' && clock.nowMs - model.openedAt >= restMs;
            const admits = model.state === 'closed' || rested;
            if (rested) model.state = 'half_open';
            const one = held();
            let began = false;
            const call = () => {
              began = true;
              return one.call();
            };
            breaker.run(call).catch(() => {});
            if (admits) running.push({ ...one, period: model.period, isProbe: rested });
            expect(began).toBe(admits);
          }
          if (step.do === 'settle' && running.length > 0) {
            const [one] = running.splice(step.which % running.length, 1);
            one!.settle(step.as);
            await turn();
            const current = !one!.isProbe && model.state === 'closed' && one!.period === model.period;
            if (current && step.as === 'ok') model.inARow = 0;
            if (current && step.as === 'failed') model.inARow += 1;
            if ((one!.isProbe && step.as === 'failed') || (current && model.inARow === 3)) {
              Object.assign(model, { state: 'open', openedAt: clock.nowMs });
            } else if (one!.isProbe) {
              Object.assign(model, { state: 'closed', inARow: 0, period: model.period + 1 });
            }
          }
          expect(breaker.state()).toBe(model.state);
          expect(running.filter(({ isProbe }) => isProbe).length).toBe(model.state === 'half_open' ? 1 : 0);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('never lets two probes or a call past an open breaker through when outcomes come in bursts', async () => {
    const outcome = fc.constantFrom<Outcome>('ok', 'refused', 'failed', 'failed');
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(outcome, { minLength: 20, maxLength: 60 }),
        async (s, plan) => {
          const { breaker, clock, transitions } = setUp();
          let probes = 0;
          let answeredProbe = false;
          breaker.onTransition(({ to }) => {
            if (to === 'closed') expect(answeredProbe).toBe(true);
            if (to === 'half_open') answeredProbe = false;
          });
          const callers = plan.map((as, index) =>
            s.schedule(Promise.resolve(), `arrives ${index}`).then(async () => {
              clock.nowMs += index % 5 === 0 ? restMs : 100;
              await breaker
                .run(async () => {
                  const isProbe = breaker.state() === 'half_open';
                  expect(breaker.state()).not.toBe('open');
                  if (isProbe) probes += 1;
                  if (isProbe) expect(probes).toBe(1);
                  const one = held();
                  one.settle(as);
                  await s.schedule(Promise.resolve(), `answers ${index}`);
                  if (isProbe) probes -= 1;
                  if (isProbe) answeredProbe = as !== 'failed';
                  return one.call();
                })
                .catch((error) => {
                  if (!(error instanceof AnswerError) && !(error instanceof BreakerOpenError)) throw error;
                });
            }),
          );
          await s.waitFor(Promise.all(callers));
          const allowed = ['closed>open', 'open>half_open', 'half_open>open', 'half_open>closed'];
          expect(allowed).toEqual(expect.arrayContaining(transitions.map(({ from, to }) => `${from}>${to}`)));
        },
      ),
      { numRuns: 100 },
    );
  });
});
