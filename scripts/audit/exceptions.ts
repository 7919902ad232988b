import type { Overlay } from '../bundle/overlays.ts';

/** A rule that one service breaks on purpose. */
export interface AuditException {
  service: string;
  check: string;
  /** The one fault that is excepted; anything else that the check finds is a gap. */
  fault: RegExp;
  reason: string;
}

const runsOnce = 'it does one piece of work and ends; its exit code is the answer';

const watchdog =
  'its first process is the watchdog, which reaps by itself and replaces what hangs (decision 0011)';

/** Every exception from the rules, with its reason. */
export const auditExceptions: readonly AuditException[] = [
  { service: 'migrate', check: 'restart', fault: /"no"$/, reason: runsOnce },
  { service: 'migrate', check: 'health', fault: /^nothing looks/, reason: runsOnce },
  { service: 'tools', check: 'restart', fault: /"no"$/, reason: runsOnce },
  { service: 'tools', check: 'health', fault: /^nothing looks/, reason: runsOnce },
  {
    service: 'tools',
    check: 'logs',
    fault: /\(none\)/,
    reason: 'what it prints, such as a new key, is for the one who asked, and in no log of the engine',
  },
  { service: 'k6', check: 'restart', fault: /"no"$/, reason: runsOnce },
  { service: 'k6', check: 'health', fault: /^nothing looks/, reason: runsOnce },
  ...['api-a', 'api-b', 'worker'].map((service) => ({
    service,
    check: 'init',
    fault: /^dead processes/,
    reason: watchdog,
  })),
  {
    service: 'nginx',
    check: 'internal-networks',
    fault: /_edge has a way out$/,
    reason: 'callers come in through this network; an internal one cannot publish a port',
  },
  {
    service: 'worker',
    check: 'internal-networks',
    fault: /_egress has a way out$/,
    reason: "it calls tenants' webhooks; which addresses it may call is checked for each call",
  },
  {
    service: 'alertmanager',
    check: 'internal-networks',
    fault: /_egress has a way out$/,
    reason: 'it sends alerts to the receivers that the operator names',
  },
  {
    service: 'node-exporter',
    check: 'host-folders',
    fault: /^\/ of the host is in it$/,
    reason: "it measures the host's file systems; read-only, as a user of its own without capabilities",
  },
  {
    service: 'node-exporter',
    check: 'engine-socket',
    fault: /^\/ is in it$/,
    reason:
      'the socket lies below the root that it measures, open to root and the docker group only: it is neither',
  },
  {
    service: 'node-exporter',
    check: 'own-secrets',
    fault: /^it sees \/$/,
    reason: 'the folders of other services are 0700 and belong to their uids: it cannot enter them',
  },
];

/** What an overlay to a service elsewhere needs. */
export const exceptionsOfOverlay = ({ name, goingOut }: Overlay): AuditException[] =>
  goingOut.map((service) => ({
    service,
    check: 'internal-networks',
    fault: /_egress has a way out$/,
    reason: `the overlay ${name} names a service elsewhere`,
  }));
