import { makeInstallation } from '../makeInstallation.ts';
import { answerInput } from './answerInput.ts';

await answerInput(makeInstallation);
