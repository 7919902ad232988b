import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runCommandLine } from './lib/runCommandLine.ts';
import { command, defaultSeed, trainModels } from './trainModel.ts';

const trainedAt = '2026-11-22T00:00:00.000000Z';

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'train-model-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

describe('trainModels', () => {
  test('writes the artifacts of the repository again', async () => {
    const outDir = join(await temporaryFolder(), 'made', 'here');
    const trained = await trainModels({ seed: defaultSeed, outDir, trainedAt });
    expect(trained.map(({ version }) => version)).toEqual(['risk-2026.11.1', 'anomaly-2026.11.1']);
    for (const { kind, path } of trained) {
      const committed = await readFile(new URL(`../packages/core/models/${kind}.json`, import.meta.url));
      expect((await readFile(path)).equals(committed)).toBe(true);
    }
  });

  test('makes only the kinds that it is asked for and leaves no other file', async () => {
    const outDir = await temporaryFolder();
    await trainModels({ seed: 1, outDir, trainedAt, kinds: ['risk'], release: 3 });
    expect(await readdir(outDir)).toEqual(['risk.json']);
  });
});

describe('./stack train-model', () => {
  async function run(...argv: string[]) {
    const written = { stdout: '', stderr: '' };
    const exitCode = await runCommandLine({
      commands: [
        { name: command.name, group: 'Models', summary: command.summary, load: async () => ({ command }) },
      ],
      argv: [command.name, ...argv],
      stdout: (text) => {
        written.stdout += text;
      },
      stderr: {
        write: (text) => {
          written.stderr += text;
        },
        live: false,
        color: false,
      },
      signal: new AbortController().signal,
    });
    return { exitCode, ...written };
  }

  test('trains one kind at the time that it is given', async () => {
    const out = await temporaryFolder();
    const time = '2027-01-02T03:04:05.5Z';
    const { exitCode, stdout } = await run('--kind', 'risk', '--out', out, '--trained-at', time, '--json');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('risk-2027.1.1');
    const artifact = JSON.parse(await readFile(join(out, 'risk.json'), 'utf8'));
    expect(artifact).toMatchObject({ seed: defaultSeed, trained_at: '2027-01-02T03:04:05.500000Z' });
  });

  test('writes nothing on a dry run', async () => {
    const out = await temporaryFolder();
    const { exitCode, stdout } = await run('--dry-run', '--out', out);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(join(out, 'anomaly.json'));
    expect(await readdir(out)).toEqual([]);
    expect((await run('--dry-run', '--trained-at', 'yesterday')).exitCode).toBe(2);
  });

  test.each([
    ['--kind', 'magic'],
    ['--trained-at', 'yesterday'],
    ['--trained-at', '2027-13-01T00:00:00Z'],
    ['--trained-at', '2027-01-01T00:00:00+01:00'],
    ['--seed', '-1'],
  ])('refuses %s %s and says what to type', async (flag, value) => {
    const out = await temporaryFolder();
    const { exitCode, stderr } = await run(flag, value, '--out', out);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('./stack train-model');
    expect(await readdir(out)).toEqual([]);
  });
});
