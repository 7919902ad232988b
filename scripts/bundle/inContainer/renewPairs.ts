import { renewPairs } from '../renewPairs.ts';
import { answerInput } from './answerInput.ts';

await answerInput(renewPairs);
