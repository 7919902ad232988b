import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '@origin-stack/core/infra/embedded/freePort';
import type { TestProject } from 'vitest/node';
import { CHECKOUT } from '../bundleDir.ts';
import { mustDocker } from '../compose.ts';
import { PROBE_LABEL } from './openProbe.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The state directory of the bundle under test. */
    bundle: string;
  }
}

const PROJECT = 'origin-test';
const UP_DEADLINE_MS = 30 * 60_000;

/**
 * Brings up one bundle for the whole run by the command that operators type, and gives vitest what takes it down with
 * its volumes. With ORIGIN_TEST_BUNDLE set to a state directory, that bundle is used and left as it is.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.ORIGIN_TEST_BUNDLE;
  if (given) {
    project.provide('bundle', given);
    return async () => {};
  }
  await removeProject();
  const root = await mkdtemp(join(tmpdir(), 'origin-stack-bundle-'));
  const stop = async () => {
    await removeProject();
    await rm(root, { recursive: true, force: true });
  };
  try {
    const [https, http] = [await freePort(), await freePort()];
    const where = ['--state-dir', root, '--project', PROJECT, '--subnet', await freeSubnet()];
    const ports = ['--url', `https://localhost:${https}`, '--http-port', String(http)];
    await promisify(execFile)(process.execPath, ['scripts/main.ts', 'up', ...where, ...ports], {
      cwd: CHECKOUT,
      timeout: UP_DEADLINE_MS,
      maxBuffer: 64 * 1024 * 1024,
    });
    project.provide('bundle', root);
    // For test files elsewhere that look at a bundle where there is one.
    process.env.ORIGIN_TEST_BUNDLE = root;
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Everything of the project, also what a killed run left, whose state directory is gone. */
async function removeProject(): Promise<void> {
  const label = `label=com.docker.compose.project=${PROJECT}`;
  const kinds = [
    { list: ['ps', '--all'], label: `label=${PROBE_LABEL}=${PROJECT}`, remove: ['rm', '--force'] },
    { list: ['ps', '--all'], label, remove: ['rm', '--force', '--volumes'] },
    { list: ['network', 'ls'], label, remove: ['network', 'rm'] },
    { list: ['volume', 'ls'], label, remove: ['volume', 'rm'] },
  ];
  for (const { list, label: filter, remove } of kinds) {
    const ids = (await mustDocker([...list, '--quiet', '--filter', filter])).split('\n').filter(Boolean);
    if (ids.length > 0) await mustDocker([...remove, ...ids]);
  }
}

/** A /24 that no network of the engine has, as its first three numbers. */
async function freeSubnet(): Promise<string> {
  const ids = (await mustDocker(['network', 'ls', '--quiet'])).split('\n').filter(Boolean);
  const format = '{{range .IPAM.Config}}{{.Subnet}} {{end}}';
  const taken = await mustDocker(['network', 'inspect', '--format', format, ...ids]);
  for (let third = 249; third > 200; third -= 1) {
    const subnet = `10.213.${third}`;
    if (!taken.includes(`${subnet}.`)) return subnet;
  }
  throw new Error('no subnet of 10.213 is free');
}
