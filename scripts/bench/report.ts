import { execFile } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { CHECKOUT } from '../lib/checkout.ts';
import { stolenInWords } from '../lib/stolenTime.ts';
import { markdownTable } from '../reference/markdownTable.ts';
import { type Figure, mebibytes } from './part.ts';

export interface BenchResult {
  name: string;
  title: string;
  figures: Figure[];
}

/** The figures as a page, with the machine and the commit that they belong to, and what its host took away meanwhile. */
export async function benchReport(
  results: BenchResult[],
  { command, stolen }: { command: string; stolen: number | null },
): Promise<string> {
  const { stdout: commit } = await promisify(execFile)('git', ['rev-parse', '--short', 'HEAD'], {
    cwd: CHECKOUT,
  });
  const processors = cpus();
  const machine = `${processors.length} × ${processors[0]?.model ?? 'unknown'}, ${mebibytes(totalmem())} of memory`;
  const sections = results.map(({ title, figures }) => {
    const rows = figures.map(({ what, value, bound = '', met }) => [
      what,
      value,
      met === false ? `${bound} **missed**` : bound,
    ]);
    return `## ${title}\n\n${markdownTable(['what', 'measured', 'bound'], rows)}`;
  });
  return [
    command.includes('--stack') ? '# Benchmarks of the bundle' : '# Benchmarks',
    `<!-- made by ${command} --write -->`,
    `Measured by \`${command}\` on ${new Date().toISOString().slice(0, 10)} at commit ${commit.trim()}, Node ${process.versions.node}, ` +
      `${machine}. Server, database and load generator share the machine, whose host gave ${stolenInWords(stolen)} of its processors' time to others meanwhile.`,
    ...sections,
    '',
  ].join('\n\n');
}
