import { type IncomingMessage, request as send } from 'node:http';
import { PROBLEM_TYPE } from '../src/http/problem.ts';

export interface Call {
  method?: string;
  /** As it is sent: nothing is normalised or escaped. */
  path: string;
  /** The key in Authorization; null for none. */
  key?: string | null;
  headers?: Record<string, string | string[]>;
  /** A value that is sent as JSON; `raw` is sent as it is. */
  json?: unknown;
  raw?: string | Buffer;
}

export interface Reply {
  status: number;
  /** The last value of each name, in lower case. */
  headers: Record<string, string>;
  /** Names in lower case, as often as they were sent. */
  headerNames: string[];
  text: string;
  /** The parsed body; undefined where it is not JSON. */
  body: ReplyBody;
}

/** What tests look into: the routes' schemas judge the shape. */
export type ReplyBody = Record<string, unknown> & {
  error?: string;
  detail?: string;
  instance?: string;
  errors?: { pointer: string; message: string }[];
  items?: Record<string, unknown>[];
  next_cursor?: string | null;
};

export type Caller = (call: Call) => Promise<Reply>;

/** Sends requests on connections of their own, so that what one does to its connection stays there. */
export function caller(defaults: { port: number; key: string }): Caller {
  return async ({ method, path, key = defaults.key, headers = {}, json, raw }) => {
    const body = raw ?? (json === undefined ? undefined : JSON.stringify(json));
    const message = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = send({
        host: '127.0.0.1',
        port: defaults.port,
        agent: false,
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        path,
        headers: {
          ...(key === null ? {} : { Authorization: `Bearer ${key}` }),
          ...(body === undefined ? {} : { 'Content-Type': 'application/json', ...lengthOf(body, headers) }),
          ...headers,
        },
      });
      request.on('response', resolve);
      request.on('error', reject);
      request.end(body);
    });
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    return replyOf(message, Buffer.concat(chunks).toString());
  };
}

function lengthOf(body: string | Buffer, headers: Record<string, unknown>) {
  return 'Transfer-Encoding' in headers ? {} : { 'Content-Length': Buffer.byteLength(body) };
}

function replyOf(message: IncomingMessage, text: string): Reply {
  const pairs = message.rawHeaders.flatMap((name, index): [string, string][] =>
    index % 2 === 0 ? [[name.toLowerCase(), message.rawHeaders[index + 1] ?? '']] : [],
  );
  const headers = Object.fromEntries(pairs);
  const isJson = [PROBLEM_TYPE, 'application/json'].some((type) => headers['content-type']?.startsWith(type));
  return {
    status: message.statusCode ?? 0,
    headers,
    headerNames: pairs.map(([name]) => name),
    text,
    body: isJson && text !== '' ? JSON.parse(text) : undefined,
  };
}
