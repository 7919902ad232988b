import type { FeatureName } from '@origin-stack/contract/policies';

// A record and not a list: a name that the contract adds or drops does not compile here.
const known: Record<FeatureName, true> = {
  account_age_days: true,
  upload_velocity_24h: true,
  device_velocity_24h: true,
  account_prior_quarantine_count: true,
  account_prior_reject_count: true,
  pvid_prior_quarantine_count: true,
  pvid_prior_reject_count: true,
};

/** Every feature, in the contract's order. */
export const featureNames = Object.keys(known) as readonly FeatureName[];
