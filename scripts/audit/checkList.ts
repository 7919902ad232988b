import type { AuditCheck } from './check.ts';
import { exposureChecks } from './checks/exposure.ts';
import { fileChecks } from './checks/files.ts';
import { isolationChecks } from './checks/isolation.ts';
import { limitChecks } from './checks/limits.ts';
import { privilegeChecks } from './checks/privileges.ts';

/** Every rule that each container of the bundle keeps, or has a written exception from. */
export const auditChecks: readonly AuditCheck[] = [
  ...privilegeChecks,
  ...fileChecks,
  ...isolationChecks,
  ...limitChecks,
  ...exposureChecks,
];
