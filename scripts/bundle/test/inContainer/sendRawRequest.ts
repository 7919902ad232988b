import { connect as connectPlain } from 'node:net';
import { connect } from 'node:tls';
import type { Tls } from './tryConnections.ts';

/** A request as it goes over the wire, byte by byte, so that it may break every rule. */
export interface RawRequest {
  host: string;
  port: number;
  tls?: Tls & { servername?: string };
  text: string;
  /** How long the other side may take to close. */
  deadlineMs?: number;
}

export interface RawAnswer {
  /** 0 where the connection ended without an answer. */
  status: number;
  /** Status line, headers and body, as they came. */
  text: string;
}

const DEADLINE_MS = 10_000;

/** Sends it on a connection of its own and gives what came back until the other side closed. */
export function sendRawRequest({
  host,
  port,
  tls,
  text,
  deadlineMs = DEADLINE_MS,
}: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const socket = tls ? connect({ host, port, servername: host, ...tls }) : connectPlain({ host, port });
    let answer = '';
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ status: Number(/^HTTP\/\d\.\d (\d{3})/.exec(answer)?.[1] ?? 0), text: answer });
    };
    const timer = setTimeout(end, deadlineMs);
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.once('close', end);
    socket.once('error', (error) => {
      answer ||= error.message;
      end();
    });
    socket.once(tls ? 'secureConnect' : 'connect', () => socket.write(text, 'latin1'));
  });
}
