import { serviceOf } from '../../audit/inspected.ts';
import { composeArgv, docker, mustDocker } from '../../bundle/compose.ts';
import { defineCheck, error } from '../doctorCheck.ts';

const ASK =
  "printf 'GET /v1/sys/seal-status HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' | timeout 5 openssl s_client -quiet -connect localhost:8200 " +
  '-servername localhost -CAfile /run/secrets/ca.crt -verify_return_error -cert /run/secrets/tls.crt -key /run/secrets/tls.key 2>/dev/null';

/** Sealed, nothing can be signed; a static seal opens at the next start of the process. */
export const vaultSealed = defineCheck({
  name: 'vault-sealed',
  rule: 'Vault answers and is not sealed',
  needs: 'running',
  async detect({ dir, containers }) {
    if (!containers.some((one) => serviceOf(one) === 'vault')) return [];
    const { stdout } = await docker(composeArgv(dir, 'exec', '-T', 'vault', 'sh', '-c', ASK));
    const [, sealed] = /"sealed":\s*(true|false)/.exec(stdout) ?? [];
    if (sealed === 'false') return [];
    const what = sealed === 'true' ? 'Vault is sealed: nothing can be signed' : 'Vault does not answer';
    const restart = composeArgv(dir, 'restart', 'vault');
    return [error(what, `docker ${restart.join(' ')}`, () => mustDocker(restart))];
  },
});
