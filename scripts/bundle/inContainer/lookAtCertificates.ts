import { lookAtFiles } from '../../tlsMonitor/lookAtFiles.ts';
import { answerInput } from './answerInput.ts';

await answerInput(lookAtFiles);
