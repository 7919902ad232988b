import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BundleDir } from '../bundle/bundleDir.ts';
import type { BundleSettings } from '../bundle/bundleSettings.ts';
import { buildSteps, lookAtImages } from '../images/lookAtImages.ts';
import type { Plan } from '../lib/command.ts';
import type { LoadProfile } from './profiles.ts';
import type { ReportFiles } from './reportFiles.ts';

interface Planned {
  settings: BundleSettings;
  profile: LoadProfile;
  files: ReportFiles;
}

/** What a load would do. Changes nothing. */
export async function planLoad(dir: BundleDir, { settings, profile, files }: Planned): Promise<Plan> {
  const image = await lookAtImages({ names: ['k6'] });
  const hasKey = existsSync(join(dir.secrets, 'operator', 'load-key'));
  const rate = profile.perSecond === null ? '' : ` (${profile.perSecond} ingests a second)`;
  return {
    summary: `would send load to ${settings.ORIGIN_PUBLIC_URL}`,
    steps: [
      ...buildSteps(image),
      ...(hasKey ? [] : [{ action: 'make the tenant load, and a key of it' }]),
      {
        action: `send ${profile.what}${rate} for ${profile.durationSeconds} s; what is ingested stays, as a tenant's does`,
        load: profile.name,
        seconds: profile.durationSeconds,
        per_second: profile.perSecond,
      },
      { action: `write ${files.html} and ${files.json}`, ...files },
    ],
  };
}
