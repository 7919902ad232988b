/**
 * What of this process's environment leads to the engine, and how its client speaks with it. Nothing else is passed on:
 * `COMPOSE_*` would name another project or add services, and a shell's `ORIGIN_*` is stronger than any file.
 */
const PASSED = [
  ...['PATH', 'HOME', 'USER', 'LANG', 'TMPDIR', 'SSH_AUTH_SOCK'],
  ...['XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_RUNTIME_DIR', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
  ...['DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_CONFIG', 'DOCKER_API_VERSION'],
  ...['DOCKER_TLS', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH'],
  // An engine elsewhere may be behind one; no container learns of it.
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'],
];

/** The environment of every `docker` that speaks of the bundle, with what the caller adds. */
export function dockerEnv(own: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const passed = PASSED.flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]],
  );
  return { ...Object.fromEntries(passed), ...own };
}

/** What the configuration of a Docker client may put into a container (`proxies`), and nobody here decided. */
export const PROXY_VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap(
  (name) => [name, name.toLowerCase()],
);

/** Arguments of `docker run` that keep them out. */
export const withoutProxies = PROXY_VARIABLES.flatMap((name) => ['--env', `${name}=`]);
