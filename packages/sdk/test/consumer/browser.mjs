import * as sdk from '@origin-stack/sdk';
import { prove } from './prove.cjs';

globalThis.answers = prove(sdk, globalThis.proof).then(JSON.stringify);
