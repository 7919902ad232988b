import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { productVersion } from '@origin-stack/core/infra/productVersion';
import { findImage } from '../../images/imageList.ts';
import { mustDocker } from '../compose.ts';
import { copyFromImage } from './copyCheckout.ts';
import { readGoModules } from './goModules.ts';

type Component = {
  type: 'library' | 'container';
  name: string;
  version: string;
  purl?: string;
  components?: Component[];
};

/** What each image holds, in CycloneDX: Debian packages, npm packages, Go modules, each with its version. */
export async function makeSbom(given: {
  /** By the name of an image: what the engine calls it. */
  references: ReadonlyMap<string, string>;
  /** An unpacked checkout, whose node_modules are those of the images. */
  checkout: string;
}): Promise<object> {
  const { references, checkout } = given;
  const npm = await npmPackages(join(checkout, 'node_modules'));
  const components: Component[] = [];
  for (const [image, reference] of references) {
    const hasNode = image === 'app' || 'APP' in findImage(image).parents;
    const inside = [
      ...(await debianPackages(reference)),
      ...(hasNode ? npm : []),
      ...(await goModules(reference, checkout)),
    ];
    const [name = '', version = ''] = reference.split(':');
    components.push({ type: 'container', name, version, components: inside });
  }
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: { type: 'application', name: 'origin-stack', version: productVersion } },
    components,
  };
}

async function debianPackages(reference: string): Promise<Component[]> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own placeholders.
  const format = '-f=${Package}\t${Version}\t${Architecture}\n';
  const argv = ['run', '--rm', '--network=none', '--entrypoint=dpkg-query', reference, '-W', format];
  const lines = (await mustDocker(argv)).split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [name = '', version = '', architecture = ''] = line.split('\t');
    return library(
      name,
      version,
      `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}`,
    );
  });
}

/** Every package below a node_modules; those of the checkout itself are links and left out. */
async function npmPackages(modules: string): Promise<Component[]> {
  const found: Component[] = [];
  for (const entry of existsSync(modules) ? await readdir(modules, { withFileTypes: true }) : []) {
    const dir = join(modules, entry.name);
    if (!entry.isDirectory()) continue;
    if (entry.name.startsWith('@')) found.push(...(await npmPackages(dir)));
    else if (existsSync(join(dir, 'package.json'))) {
      const { name, version } = JSON.parse(await readFile(join(dir, 'package.json'), 'utf8'));
      found.push(library(name, version, `pkg:npm/${name.replace('@', '%40')}@${version}`));
      found.push(...(await npmPackages(join(dir, 'node_modules'))));
    }
  }
  return found;
}

/** Of the programs that are no Debian packages: they lie in one folder. */
async function goModules(reference: string, near: string): Promise<Component[]> {
  const dir = await mkdtemp(`${near}-programs-`);
  try {
    await copyFromImage(reference, '/usr/local/bin/.', dir);
    const modules: Component[] = [];
    for (const entry of await readdir(dir, { withFileTypes: true })) {
      if (!entry.isFile()) continue;
      for (const { name, version } of readGoModules(await readFile(join(dir, entry.name))) ?? []) {
        modules.push(library(name, version, `pkg:golang/${name}@${version}`));
      }
    }
    return modules;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const library = (name: string, version: string, purl: string): Component => ({
  type: 'library',
  name,
  version,
  purl,
});
