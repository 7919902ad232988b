import type { AnyCommand } from './command.ts';

/** One command of the list; its file is loaded only when it is run or its help is asked for. */
export type CommandEntry = {
  name: string;
  group: string;
  summary: string;
  load: () => Promise<{ command: AnyCommand }>;
};

/** Every command of `./stack`, in the order of the help. A test keeps names and summaries equal to the files'. */
export const commandList: readonly CommandEntry[] = [
  {
    name: 'down',
    group: 'Run',
    summary: 'Stop what runs here and keep its data',
    load: () => import('../down.ts'),
  },
  {
    name: 'status',
    group: 'Run',
    summary: 'Show what runs here and how it is',
    load: () => import('../status.ts'),
  },
  {
    name: 'logs',
    group: 'Run',
    summary: 'Show the logs of what runs here',
    load: () => import('../logs.ts'),
  },
];
