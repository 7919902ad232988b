import { PreconditionError } from '../lib/commandErrors.ts';

const REFUSED = /permission denied/i;
/** Of the client, whatever it was asked; an engine that answers may be denied something too. */
const FORBIDDEN = /permission denied while trying to connect/i;
const SILENT =
  /cannot connect to the docker daemon|is the docker daemon running|error during connect|failed to connect to the docker api|unable to resolve docker endpoint/i;

/** Why no engine answers, by what `docker` said, and what to type. */
export function whyNoEngine(
  said: string,
  env: NodeJS.ProcessEnv = process.env,
): { what: string; next: string } {
  const named = ['DOCKER_HOST', 'DOCKER_CONTEXT'].find((name) => env[name]);
  if (REFUSED.test(said)) {
    return {
      what: 'this user may not speak to the engine',
      next: 'sudo usermod -aG docker "$USER", then log in anew',
    };
  }
  if (named !== undefined) {
    return {
      what: `no Docker engine answers at ${named}=${env[named]}`,
      next: `unset ${named}, or start the engine that it names`,
    };
  }
  return { what: 'no Docker engine answers', next: './stack engine --yes' };
}

/** The error for what `docker` said, where no engine answered it; undefined where one did. */
export function noEngineError(said: string): PreconditionError | undefined {
  if (!SILENT.test(said) && !FORBIDDEN.test(said)) return undefined;
  return new PreconditionError(whyNoEngine(said));
}
