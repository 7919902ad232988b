import { ERRORS, type ErrorCode, Problem } from '@origin-stack/contract/errors';
import { expect } from 'vitest';
import type { Reply } from './caller.ts';

/** The reply is the problem of that code: status, media type, shape, and the request id in body and header. */
export function expectProblem(reply: Reply, code: ErrorCode): void {
  expect({ status: reply.status, error: reply.body?.error, text: reply.text }).toMatchObject({
    status: ERRORS[code].status,
    error: code,
  });
  expect(reply.headers['content-type']).toMatch(/^application\/problem\+json(; charset=utf-8)?$/);
  const body = Problem.parse(reply.body);
  expect(body.status).toBe(reply.status);
  expect(body.title).toBe(ERRORS[code].title);
  expect(body.type).toMatch(new RegExp(`/docs/errors#${code}$`));
  expect(body.instance).toBe(reply.headers['x-request-id']);
}
