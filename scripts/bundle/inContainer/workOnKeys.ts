import { workOnKeys } from '../keys/keyFiles.ts';
import { answerInput } from './answerInput.ts';

await answerInput(workOnKeys);
