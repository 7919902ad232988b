import { alignColumns } from '../../lib/alignColumns.ts';
import type { CommandResult } from '../../lib/command.ts';
import type { BundleDir } from '../bundleDir.ts';
import { changeKeys } from './changeKeys.ts';
import { type KeyAudit, readKeyAudit } from './keyAudit.ts';
import type { KeyState } from './keyFiles.ts';
import { isUnfinished } from './keyState.ts';

const DAY_MS = 86_400_000;
/** After so long a service key is due for rotation. */
export const KEY_LIFE_DAYS = 90;

/**
 * Each service key with its age and when it is due. The age is counted from the audit line of that key; from the file's
 * time where there is none. Exit code 1 where a key is missing, a rotation is not over, or the audit log does not verify.
 */
export async function keyStatus(dir: BundleDir, nowMs: number): Promise<CommandResult> {
  const audit = await readKeyAudit(dir);
  const rows = (await changeKeys(dir, 'look')).map((state) => rowOf(state, audit, nowMs));
  const table = alignColumns([
    ['SERVICE', 'KEY', 'AGE', 'DUE', 'BACKUPS', 'STATE'],
    ...rows.map((row) => [
      row.service,
      row.key_prefix ?? '-',
      row.age_days === null ? '-' : `${row.age_days} d`,
      row.due_at?.slice(0, 10) ?? '-',
      `${row.backups}`,
      row.state,
    ]),
  ]);
  const isWrong = audit.problem !== undefined || rows.some(({ state }) => state !== 'ok' && state !== 'due');
  const chain =
    audit.problem === undefined ? 'the chain verifies' : `NOT as it was written: ${audit.problem}`;
  const next = nextOf(rows);
  return {
    data: { keys: rows, audit: { lines: audit.lines.length, problem: audit.problem ?? null } },
    text: [...table, '', `audit/api-keys.log: ${audit.lines.length} lines, ${chain}`, ...next].join('\n'),
    exitCode: isWrong ? 1 : 0,
  };
}

type Row = ReturnType<typeof rowOf>;

function rowOf(state: KeyState, { lines }: KeyAudit, nowMs: number) {
  const { service, current, backups } = state;
  const line = lines.findLast(
    ({ fingerprint, result }) => fingerprint === current?.fingerprint && result === 'ok',
  );
  const since = current && (line?.ts ?? current.writtenAt);
  const dueMs = since === undefined ? undefined : Date.parse(since) + KEY_LIFE_DAYS * DAY_MS;
  return {
    service,
    key_prefix: current?.keyPrefix ?? null,
    since: since ?? null,
    age_days: since === undefined ? null : Math.floor((nowMs - Date.parse(since)) / DAY_MS),
    due_at: dueMs === undefined ? null : new Date(dueMs).toISOString(),
    backups: backups.length,
    state: wordOf(state, dueMs !== undefined && dueMs <= nowMs),
  };
}

function wordOf(state: KeyState, isDue: boolean): 'missing' | 'unfinished' | 'due' | 'ok' {
  if (!state.current && !state.next) return 'missing';
  if (isUnfinished(state)) return 'unfinished';
  return isDue ? 'due' : 'ok';
}

function nextOf(rows: Row[]): string[] {
  const isAny = (word: Row['state']) => rows.some(({ state }) => state === word);
  if (isAny('missing')) return ['next: ./stack generate-api-key'];
  if (isAny('unfinished'))
    return ['next: ./stack rotate-api-key --force, which finishes what an earlier run began'];
  const due = rows.filter(({ state }) => state === 'due');
  return due.length > 0 ? [`next: ./stack rotate-api-key --service ${due[0]?.service} --force`] : [];
}
