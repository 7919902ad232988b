import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { runTool } from '../../engine/runTool.ts';
import { CHECKOUT } from '../../lib/checkout.ts';
import { mustDocker } from '../compose.ts';

/** What an installation needs of the checkout: whatever images are made of, so that they are known as unchanged. */
const PATHS = [
  ...['stack', 'package.json', 'package-lock.json', '.dockerignore'],
  ...['README.md', 'CHANGELOG.md', 'LICENSE', 'NOTICE', 'SECURITY.md', 'docs'],
  ...['api', 'worker', 'packages', 'scripts', 'chaos-tests'],
  ...['compose', 'nginx', 'prometheus', 'cron', 'secrets/README.md'],
];

/** Tests need what is not there; names with a dot are settings and caches of the one who packs. */
function isTaken(path: string): boolean {
  const parts = relative(CHECKOUT, path).split('/');
  if (parts.length === 1) return true;
  return (
    !path.endsWith('.test.ts') && !parts.some((part) => /^(test|node_modules|__pycache__|\..+)$/.test(part))
  );
}

/** Copies the checkout, with the dependencies and the Node that the app's image has, so that nobody needs npm. */
export async function copyCheckout(target: string, appImage: string): Promise<void> {
  for (const path of PATHS) {
    await mkdir(dirname(join(target, path)), { recursive: true });
    await cp(join(CHECKOUT, path), join(target, path), {
      recursive: true,
      filter: isTaken,
      verbatimSymlinks: true,
    });
  }
  const modules = join(target, 'node_modules');
  await copyFromImage(appImage, '/app/node_modules', modules);
  const node = join(modules, `node-linux-${process.arch}`, 'bin', 'node');
  await mkdir(dirname(node), { recursive: true });
  await copyFromImage(appImage, '/usr/local/bin/node', node);
  // As the launcher writes it after npm ci: with it there is nothing to install.
  const { output } = await runTool('sh', ['-c', 'cksum <"$0"', join(target, 'package-lock.json')]);
  await writeFile(join(modules, '.stack-stamp'), `${output}\n`);
}

/** Copies a file or a folder out of an image. */
export async function copyFromImage(image: string, from: string, target: string): Promise<void> {
  const container = (await mustDocker(['create', image])).trim();
  try {
    await mustDocker(['cp', `${container}:${from}`, target]);
  } finally {
    await mustDocker(['rm', container]);
  }
}
