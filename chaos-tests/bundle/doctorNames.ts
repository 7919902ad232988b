import type { ChaosTarget } from './chaosTarget.ts';

interface Diagnosis {
  findings: { check: string; issues: { what: string }[] }[];
}

/** Sees that the doctor's check finds each of these; says which it does not. */
export const doctorNames =
  (check: string, subjects: string[]) =>
  async ({ stack }: Pick<ChaosTarget, 'stack'>): Promise<string[]> => {
    const { code, stdout, stderr } = await stack(['doctor', '--only', check, '--json']);
    if (code !== 1) return [`./stack doctor ended with ${code}: ${stderr}`];
    const { findings } = JSON.parse(stdout) as Diagnosis;
    const named = findings.flatMap(({ issues }) => issues.map(({ what }) => what));
    return subjects
      .filter((subject) => !named.some((what) => what.includes(subject)))
      .map((subject) => `./stack doctor does not name ${subject}`);
  };
