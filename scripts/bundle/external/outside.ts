import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageReference } from '../../images/hashInputs.ts';
import { COMPOSE_FILE } from '../bundleDir.ts';
import { issue, type KeyPair } from '../certificates.ts';
import { mustDocker } from '../compose.ts';
import { PROBE_LABEL } from '../test/openProbe.ts';

/** Services that belong to somebody else: an authority of their own, and no wish for a client's certificate. */
export interface Outside {
  /** The project beside whose containers they run. */
  project: string;
  /** A network with a way out, as the engine names it. */
  network: string;
  /** Where their files lie. */
  root: string;
  authority: KeyPair;
}

export interface OutsideService {
  image: string;
  uid: number;
  /** On the network, and on the certificate. */
  address: string;
  /** Below /run/secrets, beside ca.crt, tls.crt and tls.key. */
  files: Record<string, string | Buffer>;
  data: string;
  tmpfs?: string;
  command: string[];
}

/** Starts one as its own image does, with other arguments; what it kept ends with it. */
export async function startOutside(outside: Outside, name: string, service: OutsideService): Promise<string> {
  const folder = join(outside.root, name);
  await mkdir(folder, { recursive: true });
  const own = await issue(outside.authority, { commonName: name, names: [service.address], days: 2 });
  const files = {
    ...service.files,
    'ca.crt': outside.authority.certificate,
    'tls.crt': own.certificate,
    'tls.key': own.key,
  };
  for (const [file, content] of Object.entries(files)) {
    await writeFile(join(folder, file), content, { mode: 0o400 });
    await chown(join(folder, file), service.uid, service.uid);
  }
  const container = `${outside.project}-outside-${name}`;
  await mustDocker([
    'run',
    '--detach',
    ...['--name', container, '--label', `${PROBE_LABEL}=${outside.project}`],
    ...['--network', outside.network, '--ip', service.address],
    ...['--volume', `${folder}:/run/secrets:ro`, '--volume', service.data],
    ...(service.tmpfs ? ['--tmpfs', service.tmpfs] : []),
    await imageReference(service.image),
    ...service.command,
  ]);
  return container;
}

/** What the operator of another Vault would take from ours: the same keys, policies and roles. */
export async function vaultConfigOfOthers(): Promise<string> {
  const own = await readFile(join(COMPOSE_FILE, '..', 'vault', 'vault.hcl'), 'utf8');
  return own.replace('tls_require_and_verify_client_cert = true', 'tls_disable_client_certs = true');
}
