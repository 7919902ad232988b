import { X509Certificate } from 'node:crypto';
import { shortSerial } from '../bundle/renewIntoForce.ts';
import type { ServedLook } from './askBundle.ts';
import { type JudgeContext, judgeChain } from './judgeFiles.ts';
import type { FileLook } from './lookAtFiles.ts';
import type { Problem, Watched } from './watched.ts';

/** Every certificate that a listener sends, the first of them held against the file that it belongs to. */
export function judgeServed(
  { holder, path, service, chain }: ServedLook,
  files: readonly FileLook[],
  context: JudgeContext,
): Watched[] {
  const [first, ...others] = judgeChain({ holder, path, chain }, context);
  if (!first) {
    const next = `./stack status, then ./stack logs ${service}`;
    const problem: Problem = { status: 'unreadable', what: 'nobody answers by TLS', next };
    return [{ path, facts: undefined, problems: [problem] }];
  }
  const file = files.find((one) => one.holder === holder);
  const [pem] = file?.chain ?? [];
  // What the file lacks is said of the file.
  if (!file || pem === undefined) return [first, ...others];
  const lying = new X509Certificate(pem);
  const differs = lying.fingerprint256 !== first.facts?.fingerprint;
  const served = { file: file.path, differs };
  if (!differs) return [{ ...first, served }, ...others];
  const [now, then] = [chain[0]?.serialNumber ?? '', lying.serialNumber].map(shortSerial);
  const what = `it is another certificate (serial ${now}…) than its file holds (${then}…)`;
  const next = holder === 'public' ? './stack up (it reloads nginx)' : './stack renew-certs';
  const problem: Problem = { status: 'critical', what, next };
  return [{ ...first, served, problems: [problem, ...first.problems] }, ...others];
}
