import type { Features } from '@origin-stack/contract/policies';
import type { FullContext } from './decide.ts';

const DAY_MS = 86_400_000;

/** The features of an upload; the age in days with three decimals, never below zero. */
export function featuresOf(context: FullContext, nowMs: number): Features {
  const ageDays = Math.max(0, (nowMs - Date.parse(context.account.since)) / DAY_MS);
  return {
    account_age_days: Math.round(ageDays * 1000) / 1000,
    upload_velocity_24h: context.velocities.account,
    device_velocity_24h: context.velocities.device,
    account_prior_quarantine_count: context.accountQuarantined,
    account_prior_reject_count: context.accountRejected,
    pvid_prior_quarantine_count: context.pvidQuarantined,
    pvid_prior_reject_count: context.pvidRejected,
  };
}
