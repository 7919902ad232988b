import { connect } from 'node:tls';

// Looks at the certificate that is really served, which is not the one on the disk until a reload. Says so in one line
// of JSON, and exits 1 where less than a week is left or nobody answers.
const DEADLINE_MS = 10_000;
const DAY_MS = 86_400_000;
const LEAST_DAYS = 7;

const [host = '', port = ''] = process.argv.slice(2);
const name = process.env.ORIGIN_PUBLIC_NAME ?? host;

const say = (level: 'info' | 'error', more: object) =>
  process.stdout.write(
    `${JSON.stringify({ level, time: new Date().toISOString(), service: 'cron', job: 'served-certificate', name, ...more })}\n`,
  );

function fail(why: string): never {
  say('error', { msg: why });
  process.exit(1);
}

// Whether its issuer is trusted is the callers' matter; here its time is looked at.
const socket = connect({ host, port: Number(port), servername: name, rejectUnauthorized: false }, () => {
  const { valid_to: validTo, fingerprint256 } = socket.getPeerCertificate();
  const daysLeft = Math.floor((Date.parse(validTo) - Date.now()) / DAY_MS);
  socket.destroy();
  if (!(daysLeft >= LEAST_DAYS)) fail(`the public certificate ends in ${daysLeft} days (${validTo})`);
  say('info', { days_left: daysLeft, fingerprint: fingerprint256, msg: 'the public certificate is in time' });
});
socket.setTimeout(DEADLINE_MS, () => fail('nobody answers'));
socket.once('error', (error: NodeJS.ErrnoException) =>
  fail(`nobody answers: ${error.code ?? error.message}`),
);
