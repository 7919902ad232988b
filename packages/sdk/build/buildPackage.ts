import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { compilerOptions } from './compilerOptions.ts';
import { publishedManifest } from './publishedManifest.ts';

const HERE = join(import.meta.dirname, '..');
const ROOT = join(HERE, '..', '..');
const FORMATS = { esm: 'module', cjs: 'commonjs' } as const;

/**
 * Builds the package that is published, in `folder`, which it empties: every module of `src` as an ES module and
 * as CommonJS, each with its types, and a manifest that leads to them. What a module takes from the contract it
 * takes from `apiTypes.ts`, so the package depends on nothing. Rejects with the compiler's words.
 */
export async function buildPackage(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const format of ['esm', 'cjs'] as const) await compile(folder, format);
  const manifest = JSON.parse(await readFile(join(HERE, 'package.json'), 'utf8'));
  await writeJson(join(folder, 'package.json'), publishedManifest(manifest));
  await cp(join(HERE, 'README.md'), join(folder, 'README.md'));
  await cp(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
  await cp(join(HERE, 'examples'), join(folder, 'examples'), {
    recursive: true,
    filter: (path) => !isTest(path),
  });
}

/** The compiler takes the format of a module from the nearest manifest, as Node does. */
async function compile(folder: string, format: keyof typeof FORMATS): Promise<void> {
  const stage = `${folder}.${format}`;
  await rm(stage, { recursive: true, force: true });
  try {
    await cp(join(HERE, 'src'), join(stage, 'src'), { recursive: true, filter: (path) => !isTest(path) });
    await leaveContract(join(stage, 'src'));
    await writeJson(join(stage, 'package.json'), { type: FORMATS[format] });
    await writeJson(join(stage, 'tsconfig.json'), compilerOptions(join(folder, format)));
    const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
    await promisify(execFile)(process.execPath, [tsc, '-p', stage]).catch(({ stdout, message }) => {
      throw new Error(`the ${format} form does not compile:\n${stdout || message}`);
    });
    await writeJson(join(folder, format, 'package.json'), { type: FORMATS[format] });
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/** The contract is not published. Its types are in `apiTypes.ts`, under the same names; of its values there is none. */
async function leaveContract(src: string): Promise<void> {
  for (const path of await readdir(src, { recursive: true })) {
    if (!path.endsWith('.ts')) continue;
    const up = '../'.repeat(path.split('/').length - 1) || './';
    const text = await readFile(join(src, path), 'utf8');
    const own = text.replaceAll(/'@origin-stack\/contract\/\w+'/g, `'${up}apiTypes.ts'`);
    await writeFile(join(src, path), own);
  }
}

const isTest = (path: string) => path.endsWith('.test.ts') || basename(path) === 'test';

const writeJson = (file: string, value: unknown) => writeFile(file, `${JSON.stringify(value, null, 2)}\n`);
