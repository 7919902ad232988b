/** A difference between what is declared and what runs. */
export interface Drift {
  subject: string;
  difference: string;
  /** What to type. */
  fix: string;
}
