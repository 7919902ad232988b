import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { endServer } from '../src/http/endServer.ts';

async function ask(port: number, agent: Agent): Promise<IncomingMessage> {
  const [response] = (await once(get({ port, agent }), 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response;
}

test('what comes on a kept connection while a server ends is answered, as the last on that connection', async () => {
  const server = createServer((_request, response) => response.end('here'));
  const end = endServer(server);
  server.listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  expect((await ask(port, agent)).headers.connection).toBe('keep-alive');

  const ended = end();
  const last = await ask(port, agent);
  expect([last.statusCode, last.headers.connection]).toEqual([200, 'close']);
  await ended;
  await expect(ask(port, agent)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('what is under way when a server ends is answered, and an idle connection does not hold it', async () => {
  let answer = () => {};
  const server = createServer((_request, response) => {
    answer = () => void response.end('late');
    server.emit('asked');
  });
  const end = endServer(server);
  server.listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });
  const asked = once(server, 'asked');
  const replied = ask(port, agent);
  await asked;
  const ended = end();
  setTimeout(answer, 800);
  expect((await replied).statusCode).toBe(200);
  await ended;
});
