import { join } from 'node:path';
import { buildPackage } from './buildPackage.ts';

// npm run build -w packages/sdk writes the package; npm run tarball -w packages/sdk packs it too.
await buildPackage(join(import.meta.dirname, '..', '..', '..', '.stack', 'sdk', 'package'));
