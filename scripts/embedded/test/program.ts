import { createServer } from 'node:http';

/** A program for the supervisor's tests: answers with its pid, says when it is told to stop. */
const server = createServer((_, response) => response.end(String(process.pid)));
server.listen(Number(process.env.PORT), '127.0.0.1', () =>
  process.stdout.write(`listening as ${process.env.NAME}\n`),
);
process.on('SIGTERM', () => {
  process.stdout.write(`${process.env.NAME} was told to stop at ${process.hrtime.bigint()}\n`);
  process.exit(0);
});
