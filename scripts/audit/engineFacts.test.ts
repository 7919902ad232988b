import { describe, expect, it } from 'vitest';
import type { BundleSettings } from '../bundle/bundleSettings.ts';
import type { AuditContext } from './check.ts';
import type { Inspected } from './inspected.ts';
import { judge } from './judge.ts';

/** What of a container these rules read. */
const container = (more: Partial<Inspected> = {}): Inspected => ({
  Id: 'one',
  Name: '/one',
  Image: '',
  AppArmorProfile: '',
  ProcessLabel: '',
  RestartCount: 0,
  State: { Status: 'created', Running: false, ExitCode: 0, StartedAt: '0001-01-01T00:00:00Z' },
  Config: { User: '1:1', Image: '', Env: null, Cmd: null, Entrypoint: null, Labels: null },
  HostConfig: { SecurityOpt: null, NetworkMode: 'x', PidMode: '', LogConfig: {}, RestartPolicy: {} } as never,
  Mounts: [],
  NetworkSettings: { Networks: null },
  ...more,
});

function resultOf(check: string, engine: Partial<AuditContext['engine']>, given = container()) {
  const context: AuditContext = {
    settings: { COMPOSE_PROJECT_NAME: '', ORIGIN_SECRETS: '/x' } as BundleSettings,
    engine: { version: '', securityOptions: [], swarm: 'inactive', ...engine },
    networks: new Map(),
    images: [],
    imageIds: new Map(),
    secrets: new Map(),
    unreadSecrets: [],
    processes: new Map(),
  };
  return judge(given, context).find((verdict) => verdict.check === check)?.result;
}

describe("rules that depend on the host's engine", () => {
  it('ask for AppArmor and SELinux only where the host has them', () => {
    expect(resultOf('apparmor', {})).toBe('skipped');
    const withArmor = { securityOptions: ['name=apparmor'] };
    expect(resultOf('apparmor', withArmor)).toBe('gap');
    expect(resultOf('apparmor', withArmor, container({ AppArmorProfile: 'unconfined' }))).toBe('gap');
    expect(resultOf('apparmor', withArmor, container({ AppArmorProfile: 'docker-default' }))).toBe('kept');
    const withLabels = { securityOptions: ['name=selinux'] };
    expect(resultOf('selinux', withLabels)).toBe('gap');
    expect(resultOf('selinux', withLabels, container({ ProcessLabel: 'system_u:x' }))).toBe('kept');
  });

  it('find an engine that filters no system calls, and one that is part of a swarm', () => {
    expect(resultOf('seccomp', {})).toBe('gap');
    expect(resultOf('seccomp', { securityOptions: ['name=seccomp,profile=unconfined'] })).toBe('gap');
    expect(resultOf('seccomp', { securityOptions: ['name=seccomp,profile=default'] })).toBe('kept');
    expect(resultOf('no-swarm', { swarm: 'active' })).toBe('gap');
  });
});
