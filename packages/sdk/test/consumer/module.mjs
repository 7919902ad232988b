import { readFileSync } from 'node:fs';
import * as sdk from '@origin-stack/sdk';
import { prove } from './prove.cjs';

const answers = await prove(sdk, JSON.parse(readFileSync('proof.json', 'utf8')));
process.stdout.write(JSON.stringify(answers));
