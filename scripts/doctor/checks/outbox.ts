import { WAITS_SECONDS } from '@origin-stack/core/domain/outbox/outboxStore';
import { serviceOf } from '../../audit/inspected.ts';
import { composeArgv } from '../../bundle/compose.ts';
import { askPostgres } from '../askPostgres.ts';
import { defineCheck, error } from '../doctorCheck.ts';

const BACKLOG = 'select waiting, floor(oldest_seconds) from outbox_backlog()';

/** The process that should do the work may be well: what tells is the age of the work. */
export const outbox = defineCheck({
  name: 'outbox',
  rule: 'no work has been due for long: the worker does what the outbox holds',
  needs: 'running',
  async detect({ dir, containers }) {
    if (!containers.some((one) => serviceOf(one) === 'postgres')) return [];
    const text = await askPostgres(dir, BACKLOG);
    if (text === '') return [error('PostgreSQL does not say what work is due', './stack logs postgres')];
    const [waiting = 0, oldestSeconds = 0] = text.split('|').map(Number);
    if (oldestSeconds <= WAITS_SECONDS) return [];
    const what = `${waiting} pieces of work wait, the oldest for ${oldestSeconds} s (why: ./stack logs worker)`;
    return [error(what, `docker ${composeArgv(dir, 'restart', 'worker').join(' ')}`)];
  },
});
