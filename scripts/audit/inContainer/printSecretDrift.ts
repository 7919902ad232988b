import type { SecretTree } from '../../bundle/secretFiles.ts';
import { lookAtSecrets } from '../secretDrift.ts';

const tree = JSON.parse(process.argv[2] ?? '{}') as SecretTree;
process.stdout.write(JSON.stringify(await lookAtSecrets(tree)));
