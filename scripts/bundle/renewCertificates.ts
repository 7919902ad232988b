import { alignColumns } from '../lib/alignColumns.ts';
import type { CommandContext, CommandResult, Flags, Plan } from '../lib/command.ts';
import { noteCertificates, noteStep } from '../tlsMonitor/noteCertificates.ts';
import type { BundleDir } from './bundleDir.ts';
import { IDENTITIES } from './identities.ts';
import { shortSerial, takeIntoForce } from './renewIntoForce.ts';
import type { PairState, RenewedPairs } from './renewPairs.ts';
import { SERVING } from './renewServing.ts';
import { isInForce, pairOf, type Survey, surveyCertificates, workOnPairs } from './renewSurvey.ts';

interface Choices {
  /** Those with time left too. */
  all: boolean;
}

type Context = Pick<CommandContext<Flags>, 'progress' | 'signal'>;

const toRenew = ({ pairs }: RenewedPairs, { all }: Choices): PairState[] =>
  pairs.filter(({ due }) => all || due !== undefined);

/** What would be renewed, and which listeners would take it; no steps where nothing is due and all is in force. */
export async function planRenewal(dir: BundleDir, choices: Choices, signal: AbortSignal): Promise<Plan> {
  const survey = await surveyCertificates(dir, signal);
  const renewed = toRenew(survey, choices);
  const identities = renewed.map(({ identity }) => identity);
  const taking = survey.running.filter((one) => identities.includes(one.identity) || !isInForce(survey, one));
  const end = ending(survey);
  const work = [
    ...renewed.map(({ identity, due = '--all' }) => ({
      action: `renew key and certificate in secrets/${identity}: ${due}`,
      identity,
    })),
    ...taking.map(({ service, reload }) => ({
      action: `${service}: ${reload.length > 0 ? 'reload' : 'wait until it looks'}, then see that it serves the new one`,
      service,
    })),
  ];
  const steps = work.length > 0 ? [...work, noteStep(dir)] : [];
  const state = survey.running.length > 0 ? 'and all are in force' : 'and nothing runs here';
  const summary = steps.length > 0 ? `would renew; ${end}` : `no certificate is due, ${state}; ${end}`;
  return { summary, steps };
}

/**
 * Renews what is due and has every running listener take it into force without dropping a connection. What an earlier run
 * left undone, at whatever point it was killed, is done. Exit code 1 where a listener does not serve what its file holds.
 */
export async function renewCertificates(
  dir: BundleDir,
  choices: Choices,
  { progress, signal }: Context,
): Promise<CommandResult> {
  const looking = progress.step('looking at the certificates');
  const before = await surveyCertificates(dir, signal);
  const renewed = toRenew(before, choices).map(({ identity }) => identity);
  looking.done(`${renewed.length} of ${before.pairs.length} are to be renewed`);
  // All of them first: who looks by himself does so while the others reload.
  const files = renewed.length > 0 ? await workOnPairs(dir, renewed) : before;
  if (renewed.length > 0) progress.note(`renewed in secrets: ${renewed.join(', ')}`);
  const refused = new Map<string, string>();
  const taking = before.running.filter((serving) => !isInForce(files, serving));
  for (const one of taking) {
    const { serial } = pairOf(files, one.identity);
    const why = await takeIntoForce(one, serial, { progress, signal });
    if (why !== undefined) refused.set(one.service, why);
  }
  // An alert about them ends now, and not with the monitor's next look, which may be six hours away.
  if (renewed.length + taking.length > 0) {
    await noteCertificates(dir, { progress, signal });
  }
  return describe({ ...before, ...files }, renewed, refused);
}

function describe(survey: Survey, renewed: string[], refused: Map<string, string>): CommandResult {
  const runs = (service: string) => survey.running.some((one) => one.service === service);
  const serving = SERVING.map(({ service, identity }) => ({
    ...rowOf(service, pairOf(survey, identity)),
    in_force: runs(service) ? !refused.has(service) : null,
  }));
  // They serve nobody: what they call with is read anew each time.
  const calling = IDENTITIES.filter(({ name }) => !SERVING.some(({ identity }) => identity === name)).map(
    ({ name }) => ({ ...rowOf(name, pairOf(survey, name)), in_force: null }),
  );
  const stateOf = (service: string) => {
    if (!SERVING.some((one) => one.service === service)) return 'at its next call';
    return runs(service) ? `${refused.has(service) ? 'NO' : 'yes'}` : 'at its start: not running';
  };
  const rows = [...serving, ...calling];
  const table = alignColumns([
    ['SERVICE', 'SERIAL', 'VALID TO', 'IN FORCE'],
    ...rows.map(({ service, serial, valid_to }) => [
      service,
      shortSerial(serial),
      valid_to.slice(0, 10),
      stateOf(service),
    ]),
  ]);
  const head = renewed.length > 0 ? `renewed: ${renewed.join(', ')}` : 'no certificate was due';
  const down = survey.running.length > 0 ? [] : ['nothing runs here: the files alone were renewed'];
  const problems = [...refused].map(
    ([service, why]) => `${service} does not serve its new certificate: ${why}`,
  );
  return {
    data: {
      renewed,
      services: rows,
      refused: Object.fromEntries(refused),
      authority_valid_to: survey.authorityValidTo,
    },
    text: [
      head,
      ...down,
      ending(survey),
      '',
      ...table,
      ...(problems.length > 0 ? ['', ...problems] : []),
    ].join('\n'),
    exitCode: refused.size > 0 ? 1 : 0,
  };
}

const rowOf = (service: string, { serial, validTo }: PairState) => ({ service, serial, valid_to: validTo });

/** The authority is not renewed here: everything that it signed would have to change with it. */
function ending({ authorityValidTo, authorityDue }: RenewedPairs): string {
  return authorityDue
    ? `WARNING: this command does not renew the internal authority, and ${authorityDue}: see docs/bundle.md`
    : `the internal authority is valid to ${authorityValidTo.slice(0, 10)}`;
}
