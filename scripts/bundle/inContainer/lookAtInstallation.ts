import { lookAtInstallation } from '../lookAtInstallation.ts';
import { answerInput } from './answerInput.ts';

await answerInput(lookAtInstallation);
