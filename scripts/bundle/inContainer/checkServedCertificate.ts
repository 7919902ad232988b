import { connect } from 'node:tls';
import { serverName } from '@origin-stack/core/infra/tlsOptions';
import { jobLog } from './jobLog.ts';

// Looks at the certificate that is really served, which is not the one on the disk until a reload. Says so in one line
// of JSON, and exits 1 where less than a week is left or nobody answers.
const DEADLINE_MS = 10_000;
const DAY_MS = 86_400_000;
const LEAST_DAYS = 7;

const [host = '', port = ''] = process.argv.slice(2);
const name = process.env.ORIGIN_PUBLIC_NAME ?? host;
const log = jobLog('served-certificate');

// Whether its issuer is trusted is the callers' matter; here its time is looked at.
const asked = { host, port: Number(port), ...serverName(name) };
const socket = connect({ ...asked, rejectUnauthorized: false }, () => {
  const { valid_to: validTo, fingerprint256 } = socket.getPeerCertificate();
  const daysLeft = Math.floor((Date.parse(validTo) - Date.now()) / DAY_MS);
  socket.destroy();
  if (!(daysLeft >= LEAST_DAYS)) {
    log.fail(`the public certificate ends in ${daysLeft} days (${validTo})`, { name });
  }
  log.info('the public certificate is in time', { name, days_left: daysLeft, fingerprint: fingerprint256 });
});
socket.setTimeout(DEADLINE_MS, () => log.fail('nobody answers', { name }));
socket.once('error', (error: NodeJS.ErrnoException) =>
  log.fail(`nobody answers: ${error.code ?? error.message}`, { name }),
);
