import type { BundleDir } from '../bundle/bundleDir.ts';
import { type BundleSettings, requireBundle } from '../bundle/bundleSettings.ts';
import { engineAnswers } from '../bundle/compose.ts';
import { whyNoEngine } from '../bundle/noEngine.ts';
import { overlaysOf } from '../bundle/overlays.ts';
import { PreconditionError } from '../lib/commandErrors.ts';
import type { Drift } from './drift.ts';
import { auditExceptions, exceptionsOfOverlay } from './exceptions.ts';
import { findDrift } from './findDrift.ts';
import { isOneOff, serviceOf } from './inspected.ts';
import { judge, type Verdict } from './judge.ts';
import { inspectProject, readContext } from './readFacts.ts';

/** What an audit found at one bundle. */
export interface Audit {
  project: string;
  /** Every audited container's service, in the order of the table. */
  services: string[];
  verdicts: Verdict[];
  drift: Drift[];
}

/** Holds the bundle's containers, as the engine says they are, against every check and every declaration. */
export async function auditBundle(dir: BundleDir): Promise<Audit> {
  const settings = await requireBundle(dir);
  if (!(await engineAnswers())) {
    throw new PreconditionError(whyNoEngine(''));
  }
  const project = settings.COMPOSE_PROJECT_NAME;
  const containers = (await inspectProject(project)).sort((one, other) =>
    serviceOf(one).localeCompare(serviceOf(other)),
  );
  if (!containers.some((container) => !isOneOff(container))) {
    throw new PreconditionError({ what: `nothing of ${project} runs here`, next: './stack up' });
  }
  const context = await readContext(dir, settings, containers);
  const drift = await findDrift(dir, settings, containers);
  return {
    project,
    services: containers.map(serviceOf),
    verdicts: containers.flatMap((container) => judge(container, context, exceptionsFor(settings))),
    drift,
  };
}

const exceptionsFor = ({ ORIGIN_OVERLAYS }: BundleSettings) => [
  ...auditExceptions,
  ...overlaysOf(ORIGIN_OVERLAYS).flatMap(exceptionsOfOverlay),
];
