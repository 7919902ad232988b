import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { servedChain } from '../bundle/servedChain.ts';
import type { JudgeContext } from './judgeFiles.ts';
import { judgeServed } from './judgeServed.ts';
import type { FileLook } from './lookAtFiles.ts';
import { type MadeCertificate, makeCertificate, type Wish } from './test/makeCertificate.ts';
import { statusOf } from './watched.ts';

const PATH = 'localhost:443';
const FILE = '/secrets/nginx/public.crt';
const RELOAD = './stack up (it reloads nginx)';
let root: MadeCertificate;
let middle: MadeCertificate;
beforeAll(async () => {
  root = await makeCertificate({ name: 'root', isAuthority: true });
  middle = await makeCertificate({ name: 'middle', isAuthority: true, issuer: root });
});

const make = (wish: Wish = {}) => makeCertificate({ name: 'localhost', issuer: middle, ...wish });
const fileOf = (...chain: MadeCertificate[]): FileLook => ({
  holder: 'public',
  path: FILE,
  chain: chain.map(({ certificate }) => certificate),
  isDenied: false,
});

/** What is said of a real listener that sends these, where that lies in its file. */
async function judge(served: MadeCertificate[], file: FileLook, publicName = 'localhost') {
  const server = createServer({
    cert: served.map(({ certificate }) => certificate).join(''),
    key: served[0]?.key,
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const chain = await servedChain({ host: '127.0.0.1', port, name: 'localhost' });
  const context: JudgeContext = { nowMs: Date.now(), publicName, publicFile: FILE, authority: undefined };
  return judgeServed({ holder: 'public', path: PATH, service: 'nginx', chain }, [file], context).map(
    (watched) => ({
      cn: watched.facts?.cn,
      status: statusOf(watched),
      problems: watched.problems.map(({ what }) => what),
      fixes: watched.problems.map(({ next }) => next),
      served: watched.served,
    }),
  );
}

it('a listener that serves its file is well, with all that it sends', async () => {
  const leaf = await make();
  const well = { status: 'ok', problems: [], fixes: [] };
  expect(await judge([leaf, middle, root], fileOf(leaf, middle, root))).toEqual([
    { cn: 'localhost', ...well, served: { file: FILE, differs: false } },
    { cn: 'middle', ...well, served: undefined },
    { cn: 'root', ...well, served: undefined },
  ]);
});

it('a listener that serves another certificate than its file is named with both, also where all else is alike', async () => {
  const [old, renewed] = [await make(), await make()];
  const serials = [old, renewed].map(({ certificate }) =>
    new X509Certificate(certificate).serialNumber.slice(0, 8).toLowerCase(),
  );
  const [first] = await judge([old, middle, root], fileOf(renewed, middle, root));
  expect(first).toEqual({
    cn: 'localhost',
    status: 'critical',
    problems: [`it is another certificate (serial ${serials[0]}…) than its file holds (${serials[1]}…)`],
    fixes: [RELOAD],
    served: { file: FILE, differs: true },
  });
});

it('what callers get is judged by itself: over, of another name, without what follows it', async () => {
  const over = await make({ from: -90, to: -1 });
  const renewed = await make();
  const [first] = await judge([over], fileOf(renewed, middle, root), 'origin.example');
  expect(first).toMatchObject({
    status: 'expired',
    problems: [
      expect.stringMatching(/^it is another certificate/),
      expect.stringMatching(/^it expired at/),
      'it names localhost, and not origin.example',
      expect.stringMatching(/^its chain ends with localhost; middle, who signed that, does not follow/),
    ],
  });
});

it('a listener is not held against a file that cannot be read: what that lacks is said of the file', async () => {
  const leaf = await make();
  const unreadable: FileLook = {
    holder: 'public',
    path: FILE,
    chain: [],
    why: 'it is not there',
    isDenied: false,
  };
  const [first] = await judge([leaf, middle, root], unreadable);
  expect(first).toMatchObject({ status: 'ok', served: undefined });
});

it('nobody who answers is unreadable, with nothing made up', () => {
  const context: JudgeContext = {
    nowMs: Date.now(),
    publicName: 'x',
    publicFile: FILE,
    authority: undefined,
  };
  expect(
    judgeServed({ holder: 'redis', path: 'redis:6379', service: 'redis', chain: [] }, [], context),
  ).toEqual([
    {
      path: 'redis:6379',
      facts: undefined,
      problems: [
        {
          status: 'unreadable',
          what: 'nobody answers by TLS',
          next: './stack status, then ./stack logs redis',
        },
      ],
    },
  ]);
});
