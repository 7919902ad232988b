import { fileURLToPath } from 'node:url';
import { postgresService, redisService } from '../databaseServices.ts';
import { answersOk, programService } from '../programService.ts';
import { openSecrets } from '../secretFiles.ts';
import { locateStateDir, makeStateDir } from '../stateDir.ts';
import { supervise } from '../supervise.ts';

/** A whole embedded runtime with two small programs: supervisor.ts STATE_DIR FIRST_PORT SECOND_PORT. */
const [stateRoot, ...ports] = process.argv.slice(2);
const dir = locateStateDir(stateRoot);
await makeStateDir(dir);
const secrets = await openSecrets(dir);
const report = (message: string) => {
  process.stdout.write(`${message}\n`);
};
const stopping = new AbortController();
process.on('SIGTERM', () => stopping.abort());

const postgres = postgresService({ dir, secrets, report });
const redis = redisService({ dir, secrets, report });
const main = fileURLToPath(new URL('./program.ts', import.meta.url));
const programs = ports.map((port, index) => {
  const name = index === 0 ? 'first' : 'second';
  return programService({
    dir,
    name,
    command: process.execPath,
    args: [main],
    env: { PORT: port, NAME: name },
    port: { port: Number(port), purpose: name, flag: `--${name}-port` },
    isReady: answersOk(`http://127.0.0.1:${port}/`),
  });
});

await supervise({
  dir,
  purpose: 'the test supervisor',
  bases: [postgres, redis],
  programs: async () => {
    report(`databases ${postgres.url()} ${redis.url()}`);
    return programs;
  },
  urls: { ready: `http://127.0.0.1:${ports[0]}/` },
  onReady: async () => report('all ready'),
  signal: stopping.signal,
  report,
  restartPolicy: { firstDelayMs: 50, maxDelayMs: 500, maxFailures: 6, stableAfterMs: 60_000 },
});
report('all stopped');
