import { join } from 'node:path';
import { serviceOf } from '../../audit/inspected.ts';
import { parseCertificate } from '../../bundle/renewDue.ts';
import { shortSerial, takeIntoForce } from '../../bundle/renewIntoForce.ts';
import { askListeners, type ServingState } from '../../bundle/renewSurvey.ts';
import { createProgress } from '../../lib/progress.ts';
import { defineCheck, error, type Issue } from '../doctorCheck.ts';

const FIX = './stack renew-certs';
const silent = createProgress({ write: () => undefined, live: false, color: false });

/** A renewed pair protects nobody, and a stolen key goes on, until each listener has taken the new one into force. */
export const servedInternalCertificates = defineCheck({
  name: 'served-internal-certificates',
  rule: 'each service serves the internal certificate that lies in its file',
  needs: 'running',
  readsSecrets: true,
  async detect({ dir, host, containers, signal }) {
    const running = containers
      .filter(({ State }) => State.Running)
      .map((one) => ({ service: serviceOf(one), id: one.Id }));
    const found: Issue[] = [];
    for (const one of await askListeners(running, signal)) {
      const text = await host.read(join(dir.secrets, one.identity, 'tls.crt'));
      // `internal-certificates` says what cannot be read.
      const serial = parseCertificate(text)?.serialNumber;
      if (serial !== undefined) found.push(...issuesOf(one, serial, signal));
    }
    return found;
  },
});

function issuesOf(listener: ServingState, serial: string, signal: AbortSignal): Issue[] {
  const { service, ports, served } = listener;
  return ports.flatMap((port, at): Issue[] => {
    const answer = served[at];
    if (answer === serial) return [];
    if (answer === undefined)
      return [error(`${service} answers nobody by TLS at its port ${port}`, `./stack logs ${service}`)];
    const what = `${service} serves another certificate (${shortSerial(answer)}…) at its port ${port} than its file holds (${shortSerial(serial)}…)`;
    return [error(what, FIX, () => takeIntoForce(listener, serial, { progress: silent, signal }))];
  });
}
