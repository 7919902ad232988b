import { fileURLToPath } from 'node:url';
import { type Availability, type PeerProcess, startPeerProcess } from './peerProcess.ts';
import { installPythonPeer, type PythonPeer, pythonPeerAvailable } from './pythonPeer.ts';

const MOTO: PythonPeer = {
  name: 'moto',
  what: 'a KMS server',
  requirementsFile: new URL('moto-requirements.txt', import.meta.url),
};
const serverFile = fileURLToPath(new URL('moto_server.py', import.meta.url));

export const motoAvailable = (): Availability => pythonPeerAvailable(MOTO);

export const installMoto = (report?: (text: string) => void): Promise<string> =>
  installPythonPeer(MOTO, report);

/**
 * Starts moto's server. `asAws` makes its signatures what AWS documents; without it they have the longest salt,
 * which is not PS256.
 */
export async function startMoto({ asAws }: { asAws: boolean }): Promise<PeerProcess> {
  const command = await installMoto();
  return startPeerProcess({
    name: 'moto',
    command,
    args: ({ port }) => [serverFile, String(port), ...(asAws ? ['--as-aws'] : [])],
    env: { PYTHONDONTWRITEBYTECODE: '1' },
  });
}
