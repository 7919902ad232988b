import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { describeError } from './log.ts';

/** What a process of ours writes that logs `fields`. */
function lineOf(fields: string, message = 'said'): Record<string, unknown> {
  const module = fileURLToPath(new URL('./log.ts', import.meta.url));
  const code = `import { createLog } from ${JSON.stringify(module)};
    createLog({ service: 'api', level: 'info' }).info(${fields}, ${JSON.stringify(message)});`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    encoding: 'utf8',
  });
  const lines = stdout.trim().split('\n');
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0]!);
}

it('writes one JSON object a line, with service, level and time', () => {
  expect(lineOf(`{ tenant_id: 't', text: 'two\\nlines' }`)).toMatchObject({
    level: 'info',
    service: 'api',
    tenant_id: 't',
    text: 'two\nlines',
    msg: 'said',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  });
});

it('replaces what a log line may never carry, however deep down to the third level', () => {
  const names = ['authorization', 'cookie', 'password', 'secret', 'key_value', 'token', 'privateKey'];
  const all = `{ ${names.map((name) => `${name}: 'canary'`).join(', ')} }`;
  const line = lineOf(`{ ...${all}, a: ${all}, b: { c: ${all} } }`);
  expect(JSON.stringify(line)).not.toContain('canary');
  expect(JSON.stringify(line).match(/\[redacted\]/g)).toHaveLength(3 * names.length);
});

it('tells of an error its name, message, code and causes, and no other member', () => {
  const cause = Object.assign(new Error('inner'), { config: { headers: 'canary' } });
  const error = Object.assign(new TypeError('outer', { cause }), {
    code: 'E1',
    request: { token: 'canary' },
  });
  expect(describeError(error)).toMatchObject({
    name: 'TypeError',
    message: 'outer',
    code: 'E1',
    cause: { message: 'inner' },
  });
  expect(JSON.stringify(describeError(error))).not.toContain('canary');
  expect(describeError('plain')).toEqual({ message: 'plain' });
  const line = lineOf(`{ err: Object.assign(new Error('x'), { request: { body: 'canary' } }) }`);
  expect(JSON.stringify(line)).not.toContain('canary');
  expect(line.err).toMatchObject({ message: 'x' });
});
