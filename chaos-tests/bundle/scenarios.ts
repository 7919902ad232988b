import { allOrNothing } from '../invariants/allOrNothing.ts';
import { chainsVerify } from '../invariants/chainsVerify.ts';
import { firstReplyStands } from '../invariants/firstReplyStands.ts';
import { nothingTwice } from '../invariants/nothingTwice.ts';
import { packsAreReady } from '../invariants/packsAreReady.ts';
import { webhooksTellOnce } from '../invariants/webhooksTellOnce.ts';
import { doctorNames } from './doctorNames.ts';
import { forgeDecision } from './faults/forgeDecision.ts';
import { holdUploads } from './faults/holdUploads.ts';
import { refuseWrites } from './faults/refuseWrites.ts';
import { spoilKeyFiles } from './faults/spoilKeyFiles.ts';
import { stopService } from './faults/stopService.ts';
import { forgeryIsNamed } from './forgeryIsNamed.ts';
import type { Scenario } from './scenario.ts';

/** What must hold whatever happened: nothing acknowledged is lost, nothing happens twice, every proof verifies. */
const ALWAYS = {
  firstReplyStands,
  allOrNothing,
  nothingTwice,
  webhooksTellOnce,
  packsAreReady,
  chainsVerify,
};

const away = (job: string, instance: string) => ({
  name: 'ServiceHealthCheckFailing',
  labels: { job, instance },
});

/** About a third of what two cores can do, so that there is room to recover in. */
const perSecond = 15;

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'api-replica-killed',
    sentence: 'One of the two API replicas is killed: the other answers every request.',
    fault: stopService('api-a'),
    load: { concurrency: 8, perSecond, packs: 4 },
    callers: 'notice nothing',
    readiness: 'stays',
    invariants: ALWAYS,
    alert: away('api', 'api-a:9443'),
  },
  {
    name: 'worker-killed',
    sentence: 'The worker is killed in the middle of evidence packs: each is made, once, when it is back.',
    fault: stopService('worker'),
    load: { concurrency: 4, perSecond, packs: 24 },
    meets: 'packs under way',
    callers: 'notice nothing',
    readiness: 'stays',
    invariants: ALWAYS,
    alert: away('worker', 'worker:9443'),
  },
  {
    name: 'redis-killed',
    sentence:
      'Redis is killed: decisions go on by the database, and what the queue lost is done all the same.',
    fault: stopService('redis'),
    load: { concurrency: 6, perSecond, packs: 8 },
    callers: 'notice nothing',
    readiness: 'turns',
    invariants: ALWAYS,
    alert: { name: 'RedisConnectionFailures', labels: { job: 'api' } },
  },
  {
    name: 'redis-refuses-writes',
    sentence:
      'Redis forgets its scripts and refuses every write: decisions go on, it is said that work waits, and all of it is done afterwards.',
    fault: refuseWrites,
    load: { concurrency: 6, perSecond, packs: 8 },
    callers: 'notice nothing',
    readiness: 'turns',
    invariants: ALWAYS,
    alert: { name: 'OutboxStalled', labels: {} },
    during: doctorNames('outbox', ['pieces of work wait']),
  },
  {
    name: 'postgres-killed',
    sentence:
      'PostgreSQL is killed: nothing is acknowledged that was not written, and a repetition finds what was.',
    fault: stopService('postgres'),
    load: { concurrency: 6, perSecond, packs: 4 },
    callers: 'may have to repeat',
    readiness: 'turns',
    invariants: ALWAYS,
    alert: away('postgres', 'postgres-exporter:9187'),
  },
  {
    name: 'pool-exhausted',
    sentence:
      "80 requests meet one replica's 50 connections while all of them wait: each is answered in the end.",
    fault: holdUploads,
    // They come with the fault: before it a replica on a busy host would be held up by them alone.
    load: { concurrency: 6, crowd: 80, perSecond: 2 * perSecond, packs: 2, to: 'one replica' },
    callers: 'may have to repeat',
    readiness: 'turns',
    invariants: ALWAYS,
    alert: { name: 'DatabasePoolExhausted', labels: { job: 'api', instance: 'api-a:9443' } },
  },
  {
    name: 'key-files-spoiled',
    sentence:
      'Key files get wrong owners and modes: what runs goes on, the doctor names them, and mends them.',
    fault: spoilKeyFiles,
    load: { concurrency: 4, perSecond, packs: 2 },
    callers: 'notice nothing',
    readiness: 'stays',
    invariants: ALWAYS,
    alert: away('worker', 'worker:9443'),
    during: doctorNames('secrets', ['secrets/prometheus/service-key', 'secrets/api/tls.key']),
  },
  {
    name: 'decision-forged',
    sentence:
      'A decision is changed in the database: no pack is built of it, and the ledger names the upload; the others go on.',
    fault: forgeDecision,
    load: { concurrency: 4, perSecond, packs: 4 },
    callers: 'notice nothing',
    readiness: 'stays',
    invariants: ALWAYS,
    alert: { name: 'EvidenceMismatch', labels: { job: 'worker', instance: 'worker:9443' } },
    during: forgeryIsNamed,
  },
];
