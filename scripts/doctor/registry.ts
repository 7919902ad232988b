import { alerting } from './checks/alerting.ts';
import { alertReceivers } from './checks/alertReceivers.ts';
import { caBundle } from './checks/caBundle.ts';
import { cgroups } from './checks/cgroups.ts';
import { clientAddress } from './checks/clientAddress.ts';
import { clock } from './checks/clock.ts';
import { composeVersion } from './checks/composeVersion.ts';
import { containersWell } from './checks/containersWell.ts';
import { coreDumps } from './checks/coreDumps.ts';
import { cores } from './checks/cores.ts';
import { dataMount } from './checks/dataMount.ts';
import { dataVolumes } from './checks/dataVolumes.ts';
import { disk } from './checks/disk.ts';
import { drift } from './checks/drift.ts';
import { engineKind } from './checks/engineKind.ts';
import { engineVersion } from './checks/engineVersion.ts';
import { halfInit } from './checks/halfInit.ts';
import { imageVersions } from './checks/imageVersions.ts';
import { inodes } from './checks/inodes.ts';
import { installation } from './checks/installation.ts';
import { internalCertificates } from './checks/internalCertificates.ts';
import { memory } from './checks/memory.ts';
import { mountedFiles } from './checks/mountedFiles.ts';
import { nameServers } from './checks/nameServers.ts';
import { outbox } from './checks/outbox.ts';
import { overcommit } from './checks/overcommit.ts';
import { poolSums } from './checks/poolSums.ts';
import { ports } from './checks/ports.ts';
import { postgresSettings } from './checks/postgresSettings.ts';
import { proxy } from './checks/proxy.ts';
import { publicCertificate } from './checks/publicCertificate.ts';
import { publicName } from './checks/publicName.ts';
import { redisSettings } from './checks/redisSettings.ts';
import { secretModes } from './checks/secretModes.ts';
import { secretsOpen } from './checks/secretsOpen.ts';
import { servedCertificate } from './checks/servedCertificate.ts';
import { servedInternalCertificates } from './checks/servedInternalCertificates.ts';
import { serviceKeys } from './checks/serviceKeys.ts';
import { staleLock } from './checks/staleLock.ts';
import { subnets } from './checks/subnets.ts';
import { swap } from './checks/swap.ts';
import { syncTime } from './checks/syncTime.ts';
import { vaultSealed } from './checks/vaultSealed.ts';
import { volumeOwners } from './checks/volumeOwners.ts';
import type { DoctorCheck } from './doctorCheck.ts';

/** Every check, the host's first. What other operations refuse on, they take from here by name. */
export const doctorChecks: readonly DoctorCheck[] = [
  engineVersion,
  composeVersion,
  engineKind,
  cgroups,
  cores,
  memory,
  swap,
  coreDumps,
  overcommit,
  disk,
  inodes,
  syncTime,
  dataMount,
  nameServers,
  proxy,
  caBundle,
  clock,
  staleLock,
  halfInit,
  installation,
  mountedFiles,
  volumeOwners,
  ports,
  subnets,
  secretModes,
  serviceKeys,
  internalCertificates,
  publicCertificate,
  publicName,
  containersWell,
  drift,
  imageVersions,
  servedCertificate,
  servedInternalCertificates,
  clientAddress,
  vaultSealed,
  secretsOpen,
  poolSums,
  postgresSettings,
  redisSettings,
  outbox,
  dataVolumes,
  alertReceivers,
  alerting,
];
