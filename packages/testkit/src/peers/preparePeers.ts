import { pathToFileURL } from 'node:url';
import { installMoto, motoAvailable } from './moto.ts';
import { installOpenbao, openbaoAvailable } from './openbao.ts';
import type { Availability } from './peerProcess.ts';
import { pgbouncerAvailable, preparePgbouncer } from './pgbouncer.ts';
import { preparePromtool, promtoolAvailable } from './promtool.ts';
import { buildVersitygw, versitygwAvailable } from './versitygw.ts';

/**
 * Builds and installs the protocol peers that this host can have, so that no test waits for it; says which it
 * cannot have, and why. Rejects when one that it should have does not come about.
 */
export async function preparePeers(report: (text: string) => void): Promise<void> {
  const peers: [Availability, () => Promise<string>][] = [
    [motoAvailable(), () => installMoto(report)],
    [openbaoAvailable(), () => installOpenbao(report)],
    [versitygwAvailable(), () => buildVersitygw(report)],
    [promtoolAvailable(), () => preparePromtool(report)],
    [pgbouncerAvailable(), () => preparePgbouncer(report)],
  ];
  for (const [availability, prepare] of peers) {
    if (availability.ok) await prepare();
    else report(availability.reason);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await preparePeers((text) => process.stdout.write(`${text}\n`));
}
