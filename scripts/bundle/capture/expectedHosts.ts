import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool } from '../../engine/runTool.ts';
import { imageReference } from '../../images/hashInputs.ts';
import { describeNetwork } from '../../images/networkSettings.ts';

/** Where an installation fetches from on this host, by the tool that says so. */
export interface ExpectedHosts {
  apt: string[];
  npm: string[];
  pip: string[];
  go: string[];
  /** The domain of the registry that the engine pulls from by default; its parts lie below. */
  registry: string[];
  proxies: string[];
}

const PIP_DEFAULTS =
  'from pip._internal.models.index import PyPI; print("https://" + PyPI.netloc, "https://" + PyPI.file_storage_domain)';

/**
 * Asks the tools themselves, in the very build steps that use them and with the settings that those get, so that no
 * name stands here. The images have been built by the engine at `dockerHost`.
 */
export async function expectedHosts(
  checkout: string,
  folder: string,
  dockerHost: string,
): Promise<ExpectedHosts> {
  const env = { DOCKER_HOST: dockerHost, BUILDX_BUILDER: 'default' };
  const must = async (program: string, args: string[]) => {
    const { code, output } = await runTool(program, args, { env, cwd: checkout });
    if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${output}`);
    return output;
  };
  const settings = join(folder, 'network');
  await writeFile(settings, await describeNetwork(process.env));
  const inBuildStep = async (image: string, stage: string, ...command: string[]) => {
    const tag = `origin-capture/${image}-${stage}`;
    const parents: string[] = [];
    for (const name of ['APP', 'BASE', 'GO'])
      parents.push(`--build-arg=${name}=${await imageReference(name.toLowerCase())}`);
    const file = `--file=compose/images/${image}/Dockerfile`;
    // The network is part of what makes a step the one that was built just now.
    const same = ['--network=host', `--target=${stage}`, file, ...parents];
    await must('docker', ['buildx', 'build', '--load', `--tag=${tag}`, ...same, '.']);
    const mount = `${settings}:/run/secrets/network:ro`;
    const alone = ['run', '--rm', '--network=none', `--volume=${mount}`];
    return must('docker', [...alone, tag, 'with-network', ...command]);
  };
  const npm = await inBuildStep('app', 'install', 'npm', 'config', 'get', 'registry');
  const pip = await inBuildStep(
    'vault',
    'fetch',
    'sh',
    '-c',
    `python3 -c '${PIP_DEFAULTS}'; pip config list`,
  );
  const go = await inBuildStep('cron', 'build', 'go', 'env', 'GOPROXY', 'GOSUMDB');
  const apt = await must('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages']);
  const registry = await must('docker', ['info', '--format', '{{.IndexServerAddress}}']);
  const proxies = Object.entries(process.env).flatMap(([name, value]) =>
    /_proxy$/i.test(name) ? [value ?? ''] : [],
  );
  return {
    apt: hostsOf(apt),
    npm: hostsOf(npm),
    pip: hostsOf(pip),
    go: hostsOf(go.replaceAll(/^(?=[\w-]+(\.[\w-]+)+)/gm, 'https://')),
    registry: hostsOf(registry).map((host) => host.split('.').slice(-2).join('.')),
    proxies: hostsOf(proxies.join('\n')),
  };
}

/** The hosts of all URLs of a text. */
const hostsOf = (text: string): string[] => [
  ...new Set([...text.matchAll(/https?:\/\/[^\s'",|]+/g)].map(([url]) => new URL(url).hostname)),
];
