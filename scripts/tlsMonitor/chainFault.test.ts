import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isSelfSigned } from '../bundle/isSelfSigned.ts';
import { chainFault, hostAuthorities } from './chainFault.ts';
import { type MadeCertificate, makeCertificate } from './test/makeCertificate.ts';

type Name =
  | 'root'
  | 'middle'
  | 'low'
  | 'leaf'
  | 'impostor'
  | 'stranger'
  | 'self'
  | 'noAuthority'
  | 'ofNoAuthority'
  | 'pretender'
  | 'ofPretender';
let made: Record<Name, MadeCertificate>;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'origin-chain-'));
  const root = await makeCertificate({ name: 'root', isAuthority: true });
  const middle = await makeCertificate({ name: 'middle', isAuthority: true, issuer: root });
  const low = await makeCertificate({ name: 'low', isAuthority: true, issuer: middle });
  const noAuthority = await makeCertificate({ name: 'no authority', issuer: root });
  // Its key says that it may sign, and the certificate that it is no authority.
  const pretender = await makeCertificate({ name: 'pretender', issuer: root, maySign: true });
  made = {
    pretender,
    ofPretender: await makeCertificate({ name: 'leaf', issuer: pretender }),
    root,
    middle,
    low,
    leaf: await makeCertificate({ name: 'leaf', issuer: low }),
    // The same name as the leaf's issuer, and another key.
    impostor: await makeCertificate({ name: 'low', isAuthority: true, issuer: middle }),
    stranger: await makeCertificate({ name: 'stranger', isAuthority: true }),
    self: await makeCertificate({ name: 'self' }),
    noAuthority,
    ofNoAuthority: await makeCertificate({ name: 'leaf', issuer: noAuthority }),
  };
});
afterAll(() => rm(folder, { recursive: true }));

const parse = (name: Name) => new X509Certificate(made[name].certificate);
const faultOf = (chain: Name[], known: Name[]) => chainFault(chain.map(parse), () => known.map(parse));

/** What OpenSSL says of a leaf with what follows it, where `known` is what it believes. */
async function believes(chain: Name[], known: Name[]): Promise<boolean> {
  const file = async (name: string, of: Name[]) => {
    const path = join(folder, name);
    await writeFile(path, of.map((one) => made[one].certificate).join('') || '\n');
    return path;
  };
  const [leaf, ...others] = chain;
  const trusted = ['-no-CApath', '-no-CAstore', '-CAfile', await file('known', known)];
  const untrusted = others.length > 0 ? ['-untrusted', await file('others', others)] : [];
  try {
    const argv = ['verify', ...trusted, ...untrusted, await file('leaf', leaf ? [leaf] : [])];
    execFileSync('openssl', argv, { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

describe('a chain', () => {
  it.each<{ chain: Name[]; known: Name[]; fault: RegExp | undefined }>([
    { chain: ['leaf', 'low', 'middle'], known: ['root'], fault: undefined },
    { chain: ['leaf', 'low'], known: ['root', 'middle'], fault: undefined },
    { chain: ['leaf', 'low', 'middle', 'root'], known: ['root'], fault: undefined },
    { chain: ['leaf'], known: ['root'], fault: /ends with leaf; low, who signed that, does not follow/ },
    { chain: ['leaf', 'low'], known: ['root'], fault: /ends with low; middle, who signed that/ },
    { chain: ['leaf', 'low', 'middle'], known: ['stranger'], fault: /ends with middle; root/ },
    { chain: ['leaf', 'impostor', 'middle'], known: ['root'], fault: /leaf is not signed by low/ },
    { chain: ['leaf', 'stranger'], known: ['root'], fault: /leaf is not signed by stranger/ },
    { chain: ['ofPretender', 'pretender'], known: ['root'], fault: /not signed by pretender/ },
    { chain: ['ofNoAuthority', 'noAuthority'], known: ['root'], fault: /not signed by no authority/ },
  ])('of $chain is judged as OpenSSL judges it that believes $known', async ({ chain, known, fault }) => {
    const found = faultOf(chain, known);
    if (fault) expect(found).toMatch(fault);
    else expect(found).toBeUndefined();
    expect(await believes(chain, known)).toBe(fault === undefined);
  });

  it('that ends in a root of its own is whole, whoever knows that', () => {
    expect(faultOf(['leaf', 'low', 'middle', 'root'], [])).toBeUndefined();
    expect(faultOf(['self'], [])).toBeUndefined();
  });

  it('that a server would send in another order is broken: not every caller puts it in order', () => {
    expect(faultOf(['leaf', 'middle', 'low'], ['root'])).toMatch(/leaf is not signed by middle/);
  });
});

it('only what is signed by its own key is self-signed', () => {
  expect([isSelfSigned(parse('self')), isSelfSigned(parse('root')), isSelfSigned(parse('leaf'))]).toEqual([
    true,
    true,
    false,
  ]);
});

it('the authorities of this host are known', () => {
  expect(hostAuthorities().length).toBeGreaterThan(50);
});
