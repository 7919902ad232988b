import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { PreconditionError } from '../../lib/commandErrors.ts';
import { readIfThere } from '../../lib/readIfThere.ts';
import type { BundleDir } from '../bundleDir.ts';

/** What one line says beside who wrote it and when. */
export interface KeyEvent {
  action: 'generate' | 'rotate' | 'revoke' | 'restore';
  service: string;
  /** Of the new key. */
  key_prefix: string;
  fingerprint: string;
  old_key_prefix: string | null;
  old_fingerprint: string | null;
  /** Below `secrets/`. */
  backup: string | null;
  result: 'ok' | 'failed';
}

export interface KeyAuditLine extends KeyEvent {
  ts: string;
  operator: string;
  host: string;
  prev: string;
}

const FIRST_PREV = '0'.repeat(64);
/** No link is followed: what stands there must be the log itself. */
const FLAGS = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

export const keyAuditFile = (dir: BundleDir): string => join(dir.audit, 'api-keys.log');

/**
 * Appends lines to the audit log, each with the hash of the line before it, and flushes them to the disk. Without events it
 * only sees that it could. What it says already of that key it does not repeat: the run that wrote it was cut short behind
 * it. The caller holds the bundle's lock. Throws PreconditionError where the log cannot be written.
 */
export async function appendKeyEvents(dir: BundleDir, events: KeyEvent[]): Promise<void> {
  const path = keyAuditFile(dir);
  try {
    await mkdir(dir.audit, { recursive: true, mode: 0o700 });
    const file = await open(path, FLAGS, 0o600);
    try {
      const before = await file.readFile('utf8');
      // A line that a power cut left short stays as it is, a record of that; what follows begins on its own line.
      const isCut = before !== '' && !before.endsWith('\n');
      const news = events.filter((event) => !saysAlready(before, event));
      const { text } = news.reduce(chain, { text: isCut ? '\n' : '', last: lastLine(before) });
      try {
        if (text !== '') await file.appendFile(text);
        await file.sync();
      } catch (error) {
        // A full disk takes half a line, which would be no audit line for ever.
        await file.truncate(Buffer.byteLength(before));
        throw error;
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new PreconditionError({
      what: `the audit log ${path} cannot be written`,
      why: code === 'ELOOP' ? 'it is a symbolic link' : message,
      next: 'mend that, then this again: no key changes without a line there',
    });
  }
}

function saysAlready(text: string, { service, action, fingerprint, result }: KeyEvent): boolean {
  const lines = linesOf(text)
    .map(parse)
    .filter((line) => line?.service === service);
  // That a list was lost does not make the key again; a former one that was put back is another than the last.
  if (action === 'generate')
    return lines.findLast((line) => line?.result === 'ok')?.fingerprint === fingerprint;
  const last = lines.at(-1);
  return last?.action === action && last.fingerprint === fingerprint && last.result === result;
}

function chain({ text, last }: { text: string; last: string | undefined }, event: KeyEvent) {
  const line: KeyAuditLine = {
    ts: new Date().toISOString(),
    ...event,
    operator: process.env.SUDO_USER ?? userInfo().username,
    host: hostname(),
    prev: last === undefined ? FIRST_PREV : sha256(last),
  };
  const json = JSON.stringify(line);
  return { text: `${text}${json}\n`, last: json };
}

const sha256 = (line: string) => createHash('sha256').update(line, 'utf8').digest('hex');
const linesOf = (text: string) => text.split('\n').filter((line) => line !== '');
const lastLine = (text: string) => linesOf(text).at(-1);

export interface KeyAudit {
  lines: KeyAuditLine[];
  /** What is wrong with the first line that is not as it was written, or undefined. */
  problem: string | undefined;
}

/** Reads the log and verifies its chain. */
export async function readKeyAudit(dir: BundleDir): Promise<KeyAudit> {
  const texts = linesOf((await readIfThere(keyAuditFile(dir)))?.toString() ?? '');
  const lines: KeyAuditLine[] = [];
  let problem: string | undefined;
  let prev = FIRST_PREV;
  for (const [index, text] of texts.entries()) {
    const line = parse(text);
    if (line) lines.push(line);
    if (!line) problem ??= `line ${index + 1} is no audit line`;
    else if (line.prev !== prev) problem ??= `line ${index + 1} does not follow from the line before it`;
    prev = sha256(text);
  }
  return { lines, problem };
}

function parse(text: string): KeyAuditLine | undefined {
  try {
    const line = JSON.parse(text) as KeyAuditLine;
    return typeof line.prev === 'string' && typeof line.ts === 'string' ? line : undefined;
  } catch {
    return undefined;
  }
}
