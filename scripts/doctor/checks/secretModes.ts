import { chmod, lchown } from 'node:fs/promises';
import { secretDrift } from '../../audit/secretDrift.ts';
import { defineCheck, error } from '../doctorCheck.ts';

const CHMOD = /^chmod ([0-7]{3}) (\/.+)$/;
const CHOWN = /^chown (\d+):(\d+) (\/.+)$/;

/** Each secret is there, and readable by its one reader. */
export const secretModes = defineCheck({
  name: 'secrets',
  rule: "each secret is there and readable by its one reader's uid only",
  needs: 'settings',
  async detect({ dir, settings, engine }) {
    const drift = await secretDrift(dir.secrets, engine && settings.ORIGIN_TAG_APP);
    return drift.map(({ subject, difference, fix }) => error(`${subject}: ${difference}`, fix, mendOf(fix)));
  },
});

/** Owners and modes are safe to set; what is missing is not made behind the operator's back. */
export function mendOf(fix: string): (() => Promise<void>) | undefined {
  const [, mode = '', file = ''] = CHMOD.exec(fix) ?? [];
  if (file !== '') return () => chmod(file, Number.parseInt(mode, 8));
  const [, uid, gid, path] = CHOWN.exec(fix) ?? [];
  return path === undefined ? undefined : () => lchown(path, Number(uid), Number(gid));
}
