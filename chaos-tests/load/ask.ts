import { check } from 'k6';
import http, { type Response } from 'k6/http';

const PUBLIC_URL = __ENV.LOAD_URL ?? '';
/** start-load put it there; no other container has the file. */
const KEY = open('/tmp/tenant-key');

export interface Answer<Body> {
  status: number;
  body: Partial<Body>;
}

export interface Question {
  /** What the request is called in the figures; paths hold ids. */
  name: string;
  method: 'GET' | 'POST' | 'PUT';
  path: string;
  body?: object | string;
  /** Any other status counts as failed. */
  expect: number;
  /** Without the tenant's key. */
  isAnonymous?: boolean;
}

/** Sends one request to the public listener. A body that is not JSON is an empty one. */
export function ask<Body>({ name, method, path, body, expect, isAnonymous }: Question): Answer<Body> {
  const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const response = http.request(method, `${PUBLIC_URL}${path}`, sent ?? null, {
    headers: {
      ...(isAnonymous ? {} : { authorization: `Bearer ${KEY}` }),
      ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
    },
    tags: { name },
    responseCallback: http.expectedStatuses(expect),
  });
  sayUnexpected(name, response, expect);
  return { status: response.status, body: parse<Body>(response.body) };
}

/** Fetches what a presigned URL names. */
export function download(name: string, url: string): ArrayBuffer {
  const response = http.get(url, {
    responseType: 'binary',
    tags: { name },
    responseCallback: http.expectedStatuses(200),
  });
  sayUnexpected(name, response, 200);
  return response.body ?? new ArrayBuffer(0);
}

/** Counts what came instead, so that the report can say it. */
function sayUnexpected(name: string, { status, error_code: code }: Response, expected: number): void {
  if (status === expected) return;
  // https://grafana.com/docs/k6/latest/javascript-api/error-codes/
  const came = status === 0 ? `no answer (k6's error ${code})` : String(status);
  check(null, { [`${name}: ${came} came, ${expected} was due`]: () => false });
}

function parse<Body>(text: unknown): Partial<Body> {
  try {
    return JSON.parse(String(text)) ?? {};
  } catch {
    return {};
  }
}
