import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { LedgersVerification } from '@origin-stack/contract/ledger';
import { jobLog } from './jobLog.ts';

// Has the worker verify every ledger, and waits for the result. Says so in one line of JSON, and exits 1 where a ledger
// is bad or not all could be looked at.
const DEADLINE_MS = 6 * 3_600_000;
const SECRETS = '/run/secrets';

const WHY: Record<number, string> = {
  401: "the worker does not know cron's key",
  403: "cron's key has no scope ledger:verify in the worker's service-keys.json",
  409: 'another run is under way',
  500: 'the run could not be finished, the log of the worker says why',
};

const [host = '', port = ''] = process.argv.slice(2);
const log = jobLog('verify-ledgers');
const secret = (file: string) => readFileSync(join(SECRETS, file), 'utf8');

async function ask(): Promise<LedgersVerification> {
  const asked = request({
    host,
    port: Number(port),
    method: 'POST',
    path: '/internal/ledger-verifications',
    headers: { authorization: `Bearer ${secret('service-key').trim()}` },
    ca: secret('ca.crt'),
    cert: secret('tls.crt'),
    key: secret('tls.key'),
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  asked.end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const body = await text(answer);
  if (answer.statusCode === 200) return LedgersVerification.parse(JSON.parse(body));
  throw new Error(`${WHY[answer.statusCode ?? 0] ?? 'the worker refused'} (${answer.statusCode})`);
}

const found = await ask().catch((error: NodeJS.ErrnoException) =>
  log.fail(`the ledgers were not verified: ${error.code ?? error.message}`),
);
if (found.failures.length > 0) log.fail(`${found.failures.length} ledgers do not verify`, found);
log.info('every ledger verifies', { tenants: found.tenants, events: found.events });
