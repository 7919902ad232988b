import type { Features } from '@origin-stack/contract/policies';
import { roundTo6 } from '@origin-stack/sdk/decision/roundTo6';
import type { SeededRandom } from './seededRandom.ts';

/** One upload as the service would have seen it, and whether it turned out bad. */
export type LabelledUpload = { features: Features; bad: boolean };

/** Named in every artifact: change it when a number below changes. */
export const generatorName = 'synthetic-uploads-1';

/** What an account of one sort looks like. Each number is a judgement: nobody counted it. */
type Segment = {
  share: number;
  badRate: number;
  ageDays: (random: SeededRandom) => number;
  /** Uploads in 24 hours with this one: median and spread of a log-normal. The feature counts the earlier ones. */
  uploads: { median: number; spread: number };
  deviceShare: number;
  /** Uploads of other accounts on the same device: the chance that there are any, and how many per own upload. */
  sharedDevice: { chance: number; median: number };
  /** The chances that account and content have a history of each sort. */
  priors: { accountQuarantine: number; accountReject: number; pvidQuarantine: number; pvidReject: number };
};

const segments: Segment[] = [
  {
    // People who come back.
    share: 0.68,
    badRate: 0.01,
    ageDays: (random) => 3 + exponential(random, 500),
    uploads: { median: 3, spread: 1 },
    deviceShare: 0.75,
    sharedDevice: { chance: 0.1, median: 1 },
    priors: { accountQuarantine: 0.04, accountReject: 0.015, pvidQuarantine: 0.01, pvidReject: 0.004 },
  },
  {
    // First days: no history, often a first batch.
    share: 0.18,
    badRate: 0.03,
    ageDays: (random) => 3 * random.uniform(),
    uploads: { median: 5, spread: 1.2 },
    deviceShare: 0.7,
    sharedDevice: { chance: 0.06, median: 1 },
    priors: { accountQuarantine: 0.01, accountReject: 0.004, pvidQuarantine: 0.01, pvidReject: 0.004 },
  },
  {
    // Machines that send for an organisation: much, mostly without a device.
    share: 0.08,
    badRate: 0.01,
    ageDays: (random) => 10 + exponential(random, 700),
    uploads: { median: 300, spread: 1.3 },
    deviceShare: 0.15,
    sharedDevice: { chance: 0.2, median: 0.5 },
    priors: { accountQuarantine: 0.3, accountReject: 0.1, pvidQuarantine: 0.02, pvidReject: 0.005 },
  },
  {
    // Rings and stolen accounts: many accounts behind one device, content that was seen before.
    share: 0.06,
    badRate: 0.85,
    ageDays: (random) => (random.chance(0.7) ? 14 * random.uniform() : 30 + exponential(random, 400)),
    uploads: { median: 30, spread: 1 },
    deviceShare: 0.9,
    sharedDevice: { chance: 0.8, median: 4 },
    priors: { accountQuarantine: 0.5, accountReject: 0.35, pvidQuarantine: 0.4, pvidReject: 0.3 },
  },
];

const maxAgeDays = 3650;
/** The service counts no further. */
const maxCount = 10_000;

/** One made-up upload, by the segment that the dice name. Whether it is bad is drawn, so that labels are noisy. */
export function syntheticUpload(random: SeededRandom): LabelledUpload {
  const segment = pickSegment(random.uniform());
  const earlier = Math.max(0, logNormalCount(random, segment.uploads.median, segment.uploads.spread) - 1);
  const { priors } = segment;
  const features = {
    account_age_days: roundTo6(Math.min(segment.ageDays(random), maxAgeDays)),
    upload_velocity_24h: Math.min(earlier, maxCount),
    device_velocity_24h: random.chance(segment.deviceShare) ? deviceVelocity(random, segment, earlier) : 0,
    account_prior_quarantine_count: priorCount(random, priors.accountQuarantine),
    account_prior_reject_count: priorCount(random, priors.accountReject),
    pvid_prior_quarantine_count: priorCount(random, priors.pvidQuarantine),
    pvid_prior_reject_count: priorCount(random, priors.pvidReject),
  };
  return { features, bad: random.chance(segment.badRate) };
}

function pickSegment(draw: number): Segment {
  let rest = draw;
  for (const segment of segments) {
    if (rest < segment.share) return segment;
    rest -= segment.share;
  }
  throw new RangeError(`the segments' shares do not reach ${draw}`);
}

/** Part of the account's own earlier uploads and, on a shared device, those of others. */
function deviceVelocity(random: SeededRandom, { sharedDevice }: Segment, earlier: number): number {
  const own = Math.round(earlier * (0.6 + 0.4 * random.uniform()));
  if (!random.chance(sharedDevice.chance)) return Math.min(own, maxCount);
  const others = logNormalCount(random, (earlier + 1) * sharedDevice.median, 0.8);
  return Math.min(own + others, maxCount);
}

/** None, or one and sometimes more. */
function priorCount(random: SeededRandom, chance: number): number {
  if (!random.chance(chance)) return 0;
  return 1 + Math.floor(exponential(random, 1));
}

function exponential(random: SeededRandom, mean: number): number {
  return -mean * Math.log(1 - random.uniform());
}

function logNormalCount(random: SeededRandom, median: number, spread: number): number {
  return Math.round(median * Math.exp(spread * random.normal()));
}
