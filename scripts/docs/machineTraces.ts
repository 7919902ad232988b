const TRACES = [
  /(?<![\w.~])\/(?:work|root|home|tmp|Users|mnt|opt|srv|var(?!\/log\b))(?:\/|\b)[\w./-]*/g,
  /\b(?:registry|files|proxy|deb|security|archive)\.[a-z]+\.(?:org|com)\b/g,
];

/** Absolute paths of a machine and hosts of package registries: neither says anything to a reader elsewhere. */
export function machineTraces(text: string): string[] {
  return TRACES.flatMap((trace) => [...text.matchAll(trace)].map(([found]) => found));
}
