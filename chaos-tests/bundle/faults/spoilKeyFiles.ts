import { chmod, chown } from 'node:fs/promises';
import { join } from 'node:path';
import { secretDrift } from '@origin-stack/scripts/audit/secretDrift.ts';
import { mendOf } from '@origin-stack/scripts/doctor/checks/secretModes.ts';
import type { Fault } from '../scenario.ts';

/** Takes a key from its reader, and shows another to everybody, as a wrong `chown -R` does. Healed as the doctor does it. */
export const spoilKeyFiles: Fault = {
  async inject({ dir }) {
    await chown(join(dir.secrets, 'prometheus', 'service-key'), 0, 0);
    await chmod(join(dir.secrets, 'api', 'tls.key'), 0o644);
    return 'secrets/prometheus/service-key belongs to root, secrets/api/tls.key is readable by everybody';
  },
  async heal({ dir, settings }) {
    for (const { fix } of await secretDrift(dir.secrets, settings.ORIGIN_TAG_APP)) await mendOf(fix)?.();
  },
};
