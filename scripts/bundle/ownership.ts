import { PreconditionError } from '../lib/commandErrors.ts';
import { parseAnswer } from '../lib/parseAnswer.ts';
import { type BundleDir, COMPOSE_FILE } from './bundleDir.ts';
import type { BundleSettings } from './bundleSettings.ts';
import { docker } from './compose.ts';
import { volumesOf } from './dataVolumes.ts';

/** On every container and volume of an installation; its value is `ORIGIN_INSTALLATION`. */
export const INSTALLATION_LABEL = 'org.origin-stack.installation';

type Identity = Pick<BundleSettings, 'COMPOSE_PROJECT_NAME'> & { ORIGIN_INSTALLATION?: string | undefined };

/** A container or a volume of this Compose project that another installation made. */
export interface ForeignPart {
  /** `container origin-stack-nginx-1` */
  what: string;
  /** Where it comes from, as far as it says so. */
  from: string;
}

/**
 * What lies in the Compose project of this bundle and is not its own: two checkouts choose one name for their project unless
 * they are told. Nothing where no engine answers: who needs one says so.
 */
export async function foreignParts(dir: BundleDir, settings: Identity): Promise<ForeignPart[]> {
  const { COMPOSE_PROJECT_NAME: project, ORIGIN_INSTALLATION: id } = settings;
  const label = (name: string) => `{{json (.Label "${name}")}}`;
  const own = label(INSTALLATION_LABEL);
  const ofCompose = (name: string) => label(`com.docker.compose.project.${name}`);
  const [containers, volumes, names] = await Promise.all([
    rowsOf(
      ['ps', '--all', '--filter', `label=com.docker.compose.project=${project}`],
      ['{{json .Names}}', own, ofCompose('config_files'), ofCompose('environment_file')],
    ),
    rowsOf(['volume', 'ls'], ['{{json .Name}}', own]),
    volumesOf(project),
  ]);
  const ofProject = names.map((name) => `${project}_${name}`);
  return [
    ...containers
      .filter(([, label = '', files = '', envFiles = '']) =>
        label === '' ? !isMadeFrom(dir, files, envFiles) : label !== id,
      )
      .map(([name, label, files]) => ({
        what: `container ${name}`,
        from: files ? `made from ${files}` : `of installation ${label}`,
      })),
    ...volumes
      .filter(([name = '', label = '']) => ofProject.includes(name) && label !== '' && label !== id)
      .map(([name, label]) => ({ what: `volume ${name}`, from: `of installation ${label}` })),
  ];
}

/** Containers of a release that gave installations no identity: by the files that Compose made them from. */
function isMadeFrom({ envFile }: BundleDir, files: string, envFiles: string): boolean {
  const isOurEnv = envFiles === '' || envFiles.split(',').includes(envFile);
  return files.split(',').includes(COMPOSE_FILE) && isOurEnv;
}

/** A row for each thing that the engine lists, with these columns. */
async function rowsOf(argv: string[], columns: string[]): Promise<string[][]> {
  const format = ['--format', `[${columns.join(',')}]`];
  const { code, stdout } = await docker([...argv, ...format]).catch(() => ({ code: 1, stdout: '' }));
  const lines = code === 0 ? stdout.split('\n').filter((line) => line !== '') : [];
  return lines.map((line) => parseAnswer<string[]>(line, `docker ${argv.slice(0, 2).join(' ')}`));
}

/** What to tell of foreign parts: the same for the doctor and for commands that refuse. */
export function sayForeign(project: string, { root }: BundleDir, parts: [ForeignPart, ...ForeignPart[]]) {
  const [{ what, from }, ...others] = parts;
  const more = others.length > 0 ? ` and ${others.length} more` : '';
  return {
    what: `the Compose project ${project} belongs to another installation than that of ${root}`,
    why: `${what}${more} is not of this one: ${from}`,
    next: './stack up --project NAME --url https://localhost:8443 makes a second installation on this host',
  };
}

/** Throws PreconditionError where something in this bundle's Compose project is another installation's: nothing touches it. */
export async function requireOwnProject(dir: BundleDir, settings: Identity): Promise<void> {
  const [first, ...others] = await foreignParts(dir, settings);
  if (!first) return;
  throw new PreconditionError(sayForeign(settings.COMPOSE_PROJECT_NAME, dir, [first, ...others]));
}
