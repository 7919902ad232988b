import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { askMonitoring } from '../../alerts/askMonitoring.ts';
import { reloadMonitoring } from '../../alerts/reloadMonitoring.ts';
import { compose, dir, root, skipped, untilWell, whatOf } from '../test/liveBundle.ts';

let undo: (() => Promise<unknown>)[] = [];

describe.skipIf(!root)(`the check of alerting${skipped}`, () => {
  afterEach(async () => {
    for (const step of undo.reverse()) await step();
    undo = [];
  });

  it('alerting finds a configuration that Alertmanager refused, which left the one before in force', async () => {
    const file = join(dir.secrets, 'alertmanager', 'alertmanager.yml');
    const before = await readFile(file, 'utf8');
    undo.push(() => writeFile(file, before));
    const inForce = await askMonitoring(dir, 'alertmanager', '/api/v2/status');
    await writeFile(file, before.replace('receiver: none', 'receiver: nobody'));
    await expect(reloadMonitoring(dir)).rejects.toMatchObject({
      exitCode: 3,
      message: 'alertmanager refuses its configuration, and goes on with the one before',
      why: expect.stringContaining('nobody'),
    });
    expect(await whatOf('alerting')).toEqual([
      'alertmanager refused its configuration, and goes on with the one before; it would not start with it',
    ]);
    const configOf = (status: string) => JSON.parse(status).config.original;
    expect(configOf(await askMonitoring(dir, 'alertmanager', '/api/v2/status'))).toBe(configOf(inForce));

    await writeFile(file, before);
    await reloadMonitoring(dir);
    expect(await whatOf('alerting')).toEqual([]);
  });

  it('alerting finds one of the two that is stopped', async () => {
    undo.push(() => compose('start', 'prometheus'));
    await compose('stop', 'prometheus');
    expect(await whatOf('alerting')).toEqual([expect.stringMatching(/^prometheus does not answer/)]);
    await compose('start', 'prometheus');
    await untilWell('alerting');
  });
});
