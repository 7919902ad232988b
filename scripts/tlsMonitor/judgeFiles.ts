import { X509Certificate } from 'node:crypto';
import { certifiesName } from '../bundle/certifiesName.ts';
import { IDENTITIES } from '../bundle/identities.ts';
import { isSelfSigned } from '../bundle/isSelfSigned.ts';
import { isRemade } from '../bundle/madeHere.ts';
import { whyNotOf } from '../bundle/renewDue.ts';
import { printable } from '../lib/printable.ts';
import { factsOf, timeProblem } from './certificateFacts.ts';
import { chainFault } from './chainFault.ts';
import type { FileLook, Holder } from './lookAtFiles.ts';
import type { Problem, Watched } from './watched.ts';

/** What certificates are held against. */
export interface JudgeContext {
  nowMs: number;
  /** The public name, without scheme and port. */
  publicName: string;
  /** Where the public certificate lies. */
  publicFile: string;
  /** The internal authority; undefined where its file cannot be read, which is said once. */
  authority: X509Certificate | undefined;
}

const REPLACE =
  './stack up --cert CHAIN --key KEY, with your certificate and every authority between it and the root';
const AUTHORITY =
  'restore secrets/ca from a backup, or make a new one: see Internal certificates in docs/bundle.md';
const AS_ROOT =
  'as root, or as a member of the docker group while the engine runs: ./stack monitor-tls-certs';

/** What mends a certificate of this holder. */
function fixOf(holder: Holder, { publicFile, nowMs }: JudgeContext, leaf?: X509Certificate): string {
  if (holder === 'authority') return AUTHORITY;
  if (holder !== 'public') return './stack renew-certs';
  if (!leaf || !isSelfSigned(leaf)) return REPLACE;
  if (isRemade(leaf, nowMs))
    return './stack up, which makes it anew; or with your own: --cert CHAIN --key KEY';
  const pair = `${publicFile} ${publicFile.replace(/crt$/, 'key')}`;
  return `./stack up --cert CHAIN --key KEY with your own; or as root rm ${pair}, then ./stack up, for a new one like it`;
}

/** The internal authority, where its file can be read. */
export const authorityOf = (looks: readonly FileLook[]): X509Certificate | undefined => {
  const pem = looks.find(({ holder }) => holder === 'authority')?.chain[0];
  return pem === undefined ? undefined : new X509Certificate(pem);
};

/** Every certificate of a file: the first with its key, name and issuer, those that follow it with their time. */
export function judgeFile(look: FileLook, context: JudgeContext): Watched[] {
  const { holder, path, why, keyFault, isDenied } = look;
  if (why !== undefined) {
    const next = isDenied ? AS_ROOT : fixOf(holder, context);
    return [{ path, facts: undefined, problems: [{ status: 'unreadable', what: why, next }] }];
  }
  const chain = look.chain.map((pem) => new X509Certificate(pem));
  const [first, ...others] = judgeChain({ holder, path, chain }, context);
  if (!first) return [];
  const key: Problem[] =
    keyFault === undefined
      ? []
      : [
          {
            status: isDenied ? 'unreadable' : 'critical',
            what: keyFault,
            next: isDenied ? AS_ROOT : fixOf(holder, context, chain[0]),
          },
        ];
  return [{ ...first, problems: [...key, ...first.problems] }, ...others];
}

interface Chain {
  holder: Holder;
  path: string;
  /** The leaf first, at least one. */
  chain: X509Certificate[];
}

/** What there is to say of certificates without their key: those in a file, or those that a listener sent. */
export function judgeChain({ holder, path, chain }: Chain, context: JudgeContext): Watched[] {
  return chain.map((certificate, index) => {
    const facts = factsOf(certificate);
    const next = fixOf(holder, context, chain[0]);
    const time = timeProblem(facts, { nowMs: context.nowMs, next });
    const faults = index === 0 ? faultsOf(holder, chain, context) : [];
    const problems: Problem[] = faults.map((what) => ({ status: 'critical', what: printable(what), next }));
    const note = index === 0 && holder === 'public' && isSelfSigned(certificate);
    return {
      path,
      facts,
      ...(note ? { note: 'self-signed: callers must be told to trust it' } : {}),
      problems: time ? [time, ...problems] : problems,
    };
  });
}

function faultsOf(holder: Holder, chain: X509Certificate[], context: JudgeContext): string[] {
  const [leaf] = chain;
  if (!leaf) return [];
  if (holder === 'public') {
    const names = certifiesName(leaf, context.publicName)
      ? undefined
      : `it names ${factsOf(leaf).cn}, and not ${context.publicName}`;
    return [names, chainFault(chain)].filter((fault) => fault !== undefined);
  }
  if (holder === 'authority') return isSelfSigned(leaf) ? [] : ['it is no authority that vouches for itself'];
  const identity = IDENTITIES.find(({ name }) => name === holder);
  if (!identity || !context.authority) return [];
  const why = whyNotOf(leaf, identity, context.authority);
  return why === undefined ? [] : [why];
}
