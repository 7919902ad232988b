import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

const NAME = 'origin-world';
/** Of RFC 5737: nobody's. */
const [HERE, THERE, PORT] = ['203.0.113.1', '203.0.113.2', 9];

/** Somewhere outside of this host, as far as its networks can tell. */
export interface World extends AsyncDisposable {
  address: string;
  port: number;
}

const ip = (...args: string[]) => promisify(execFile)('ip', args);

/** Makes a network namespace that is reached by routing alone, with one open port: nothing leaves the host. */
export async function openWorld(): Promise<World> {
  // What a killed run left; its link goes with it.
  await ip('netns', 'delete', NAME).catch(() => {});
  await ip('netns', 'add', NAME);
  await ip('link', 'add', NAME, 'type', 'veth', 'peer', 'name', 'host', 'netns', NAME);
  await ip('address', 'add', `${HERE}/30`, 'dev', NAME);
  await ip('link', 'set', NAME, 'up');
  await ip('-n', NAME, 'address', 'add', `${THERE}/30`, 'dev', 'host');
  await ip('-n', NAME, 'link', 'set', 'host', 'up');
  await ip('-n', NAME, 'route', 'add', 'default', 'via', HERE);
  const serve = `require("net").createServer((s) => s.end()).listen(${PORT}, () => console.log("open"))`;
  const child = spawn('ip', ['netns', 'exec', NAME, process.execPath, '-e', serve], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return {
    address: THERE,
    port: PORT,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await once(child, 'close');
      await ip('netns', 'delete', NAME);
    },
  };
}
