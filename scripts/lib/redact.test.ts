import { describe, expect, it } from 'vitest';
import { createRedactor, redact } from './redact.ts';

describe('redact', () => {
  it.each([
    ['ok_live_0aZ9bY8c_0123456789ABCDEFabcdefGHIJKLMNOP_43pCaI', 'ok_live_0aZ9bY8c[redacted]'],
    [
      'postgresql://origin_api:s3cr3t@127.0.0.1:5432/origin',
      'postgresql://origin_api:[redacted]@127.0.0.1:5432/origin',
    ],
    ['redis://:s3cr3t@127.0.0.1', 'redis://:[redacted]@127.0.0.1'],
    ['Authorization: Bearer abcdefgh.ijkl', 'Authorization: Bearer [redacted]'],
    ['{"password":"hunter22","user":"ada"}', '{"password":"[redacted]","user":"ada"}'],
    ['MINIO_SECRET_KEY is set, api_key=abc123 here', 'MINIO_SECRET_KEY is set, api_key=[redacted] here'],
    ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_[redacted]'],
    [
      '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----',
      '-----BEGIN PRIVATE KEY-----[redacted]-----END PRIVATE KEY-----',
    ],
  ])('masks %j', (text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it('leaves a text without secrets as it is', () => {
    const text =
      'port 8080 is taken at http://127.0.0.1:8080/ready by node (process 12), key ok_live_0aZ9bY8c';
    expect(redact(text)).toBe(text);
  });
});

describe('createRedactor', () => {
  it('masks known values wherever they stand, the longest first', () => {
    const mask = createRedactor(['abcdef', 'abcdefghij', 'x']);
    expect(mask('1 abcdefghij 2 abcdef 3 x')).toBe('1 [redacted] 2 [redacted] 3 x');
  });
});
