import { redact } from '../../lib/redact.ts';
import { type AuditCheck, type AuditContext, when } from '../check.ts';
import type { Inspected } from '../inspected.ts';

/** The one service that listens on the host. */
const PUBLISHER = 'nginx';
/** Shorter values stand in other words by chance. */
const SECRET_LENGTH = 12;
/** Settings whose value is a secret itself, not the path or the name of one. */
const SECRET_SETTING =
  /(PASSWORD|PASSPHRASE|PASS|SECRET|TOKEN|PEPPER|CREDENTIALS|(ACCESS|API|PRIVATE)_?KEY)$/i;

function bindings({ HostConfig }: Inspected) {
  return Object.entries(HostConfig.PortBindings ?? {}).flatMap(([port, hosts]) =>
    (hosts ?? []).map((host) => ({ port, ...host })),
  );
}

/** What others can reach of a container, and read of it. */
export const exposureChecks: AuditCheck[] = [
  {
    name: 'published-ports',
    cis: ['5.9', '5.14'],
    rule: 'only nginx listens on the host, on the declared address and ports',
    faults(container, { settings }, service) {
      const { ORIGIN_BIND: bind, ORIGIN_HTTPS_PORT: https, ORIGIN_HTTP_PORT: http } = settings;
      const allowed = service === PUBLISHER ? [`${bind}:${https}`, `${bind}:${http}`] : [];
      return [
        ...when(container.HostConfig.PublishAllPorts, 'it publishes whatever its image exposes'),
        ...bindings(container)
          .map(({ HostIp, HostPort }) => `${HostIp || '0.0.0.0'}:${HostPort}`)
          .filter((place) => !allowed.includes(place))
          .map((place) => `it listens on ${place} of the host`),
      ];
    },
  },
  {
    name: 'low-ports',
    cis: ['5.8'],
    rule: 'no port below 1024 is published from inside it',
    faults: (container) =>
      bindings(container)
        .filter(({ port }) => Number(port.split('/')[0]) < 1024)
        .map(({ port }) => `port ${port} in it is published`),
  },
  {
    name: 'internal-networks',
    cis: [],
    rule: 'its networks have no way out',
    faults: ({ NetworkSettings }, { networks }) =>
      Object.keys(NetworkSettings.Networks ?? {})
        .filter((name) => name !== 'none' && networks.get(name)?.internal !== true)
        .map((name) => `${name} has a way out`),
  },
  {
    name: 'no-secret-values',
    cis: [],
    rule: 'no secret stands in its environment, arguments, labels or checks',
    unseen: ({ unreadSecrets }) =>
      unreadSecrets.length > 0
        ? 'this user may not read secrets, to look for their values: sudo ./stack audit'
        : undefined,
    faults: (container, { secrets }) => [...known(container, secrets), ...alike(container)],
  },
  {
    name: 'image',
    cis: ['5.28'],
    rule: 'it runs the image that the settings name, as its tag names it now',
    faults({ Image, Config }, { images, imageIds }) {
      if (!images.includes(Config.Image))
        return [`it runs ${Config.Image}, which is none of the images that the settings name`];
      return when(
        imageIds.get(Config.Image) !== Image,
        `it runs an older image than ${Config.Image} names now`,
      );
    },
  },
];

/** Real secrets that stand in what `docker inspect` shows to everybody who may ask the engine. */
function known(container: Inspected, secrets: AuditContext['secrets']): string[] {
  const shown = JSON.stringify([container.Config, container.HostConfig]);
  return [...secrets]
    .filter(([, value]) => value.length >= SECRET_LENGTH && shown.includes(value))
    .map(([path]) => `the value of ${path} stands in its settings`);
}

/** What has the form of a secret. The value itself is never said. */
function alike({ Config }: Inspected): string[] {
  const environment = (Config.Env ?? []).flatMap((line) => {
    const [name = '', ...rest] = line.split('=');
    const value = rest.join('=');
    const isNamed = SECRET_SETTING.test(name) && value !== '';
    return when(isNamed || redact(value) !== value, `the setting ${name} holds a secret`);
  });
  const words = [...(Config.Entrypoint ?? []), ...(Config.Cmd ?? []), ...(Config.Healthcheck?.Test ?? [])];
  const labels = Object.entries(Config.Labels ?? {});
  return [
    ...environment,
    ...when(
      words.some((word) => redact(word) !== word),
      'a secret stands in its arguments',
    ),
    ...labels
      .filter(([, value]) => redact(value) !== value)
      .map(([name]) => `the label ${name} holds a secret`),
  ];
}
