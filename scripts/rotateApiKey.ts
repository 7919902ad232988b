import { locateBundle } from './bundle/bundleDir.ts';
import { lockOfBundle } from './bundle/findBundle.ts';
import { changeKeys, chosenServices } from './bundle/keys/changeKeys.ts';
import { MAX_BACKUP_DAYS, MAX_BACKUPS } from './bundle/keys/keyBackups.ts';
import { isUnfinished, isUnlisted, requireKeys } from './bundle/keys/keyState.ts';
import { KEY_LIFE_DAYS } from './bundle/keys/keyStatus.ts';
import { type Rotated, rotateKeys } from './bundle/keys/rotateKeys.ts';
import { placeOf } from './bundle/keys/serviceKeys.ts';
import { type CommandResult, defineCommand } from './lib/command.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';

export const command = defineCommand({
  name: 'rotate-api-key',
  summary: "Give each caller of the bundle's internal interfaces a new key, failing no request",
  details:
    'API and worker take old and new keys until every caller was seen to have changed, about 15 to 30 seconds; then the old one opens ' +
    `nothing. The old key is kept in secrets/backups (the newest ${MAX_BACKUPS} of a service, ${MAX_BACKUP_DAYS} days at the most). A run that was cut ` +
    'short is finished by the next. ./stack rotate --status says which are due.',
  examples: [
    'scripts/rotate-api-key --force',
    './stack rotate-api-key --service prometheus --force',
    './stack rotate-api-key --dry-run',
  ],
  flags: {
    service: { type: 'string', placeholder: 'NAME', summary: 'one service; all of them unless named' },
    'state-dir': stateDirFlag,
  },
  destroys: 'the keys that are in use now stop working; a copy of one elsewhere is refused then',
  lock: ({ flags }) => lockOfBundle(flags['state-dir']),
  async plan({ flags }) {
    const services = chosenServices(flags.service);
    const states = await changeKeys(locateBundle(flags['state-dir']), 'look');
    requireKeys(states, services);
    const unlisted = states.filter(isUnlisted).map(({ service }) => service);
    const rotating = states.filter((state) => isUnfinished(state) && !isUnlisted(state));
    const unfinished = rotating.map(({ service }) => service);
    const others = services.filter((service) => !unfinished.includes(service));
    return {
      summary: 'would rotate',
      steps: [
        ...unlisted.map((service) => ({
          action: `${service}: record its key, which opens nothing yet, and list it for API and worker`,
          service,
        })),
        ...unfinished.map((service) => ({
          action: `${service}: finish the rotation that was cut short`,
          service,
        })),
        ...others.map((service) => ({
          action: `${service}: keep the old key in secrets/backups, put a new one at ${placeOf(service)}`,
          service,
        })),
        { action: 'have API and worker take both until every caller has changed, then the new ones alone' },
      ],
    };
  },
  async run({ flags, progress, signal }) {
    const dir = locateBundle(flags['state-dir']);
    return describe(await rotateKeys(dir, chosenServices(flags.service), { progress, signal }));
  },
});

function describe({ rotations, resumed, listeners, usedElsewhere }: Rotated): CommandResult {
  const rows = rotations.map(({ service, fresh, oldName, backup }) => ({
    service,
    key_prefix: fresh.keyPrefix,
    fingerprint: fresh.fingerprint,
    old_key_prefix: oldName?.keyPrefix ?? null,
    backup,
    finished_an_earlier_run: resumed.includes(service),
    old_key_used_elsewhere_at: usedElsewhere.find((one) => one.service === service)?.lastUsedAt ?? null,
  }));
  const lines = rows.map(
    ({ service, key_prefix, old_key_prefix, finished_an_earlier_run: isResumed }) =>
      `${service}: ${old_key_prefix ?? 'its former key'} → ${key_prefix} in ${placeOf(service)}${isResumed ? ' (begun by an earlier run)' : ''}`,
  );
  const tried =
    listeners.length > 0
      ? `${listeners.join(', ')} take the new keys and refuse the old ones; nothing needs a restart.`
      : 'Nothing runs here: the files alone were changed, and count at the next ./stack up.';
  const warnings = usedElsewhere.map(
    ({ service, lastUsedAt }) =>
      `WARNING: the old key of ${service} was used until ${lastUsedAt}: somebody holds a copy, which is refused now.`,
  );
  return {
    data: { rotated: rows, listeners },
    text: [
      ...lines,
      '',
      tried,
      ...warnings,
      ...instructions(rotations.some(({ service }) => service === 'operator')),
    ].join('\n'),
  };
}

const instructions = (isOperators: boolean): string[] => [
  '',
  'Next:',
  ...(isOperators
    ? [`  where you use the operator's key elsewhere, put the new one: ${placeOf('operator')}`]
    : []),
  `  rotate again within ${KEY_LIFE_DAYS} days: ./stack rotate --status says when`,
  '  old keys are in secrets/backups, what happened is in audit/api-keys.log: keep both with your other records',
];
