const FILES = Object.entries({ cacert: 'ca.crt', cert: 'tls.crt', key: 'tls.key' }).flatMap(
  ([flag, file]) => [`--${flag}`, `/run/secrets/${file}`],
);

/** Redis' client as a user of its list, in Redis' own container. The password goes by REDISCLI_AUTH: arguments are everybody's to read. */
export const redisCli = (user: string): string[] => [
  'redis-cli',
  '--tls',
  ...FILES,
  '--user',
  user,
  '--no-auth-warning',
];
