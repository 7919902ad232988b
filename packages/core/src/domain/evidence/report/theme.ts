import type { Decision } from '@origin-stack/contract/policies';

/** Lengths are in points, 72 to the inch. */
export const page = { width: 595.28, height: 841.89, left: 52, right: 543.28, top: 56, bottom: 778 };

export const color = {
  ink: '#17212b',
  muted: '#5d6b7a',
  rule: '#d8dee5',
  panel: '#f4f6f8',
  track: '#dde3e9',
  accent: '#1f4e79',
};

/** Dark enough to be read on white and told apart without colour by the word beside it. */
export const decisionColor: Record<Decision, string> = {
  allow: '#1a7a47',
  review: '#9a6700',
  quarantine: '#bc4c00',
  reject: '#b3261e',
};

export const decisionMeaning: Record<Decision, string> = {
  allow: 'No rule and no threshold of the policy stood against this content.',
  review: 'A person has to look at this content before it is used.',
  quarantine: 'This content is set apart and is not to be used until it is released.',
  reject: 'This content was refused.',
};

export type TextStyle = { font: string; size: number; color: string };

export const style = {
  title: { font: 'Helvetica-Bold', size: 25, color: color.ink },
  brand: { font: 'Helvetica-Bold', size: 8, color: color.accent },
  heading: { font: 'Helvetica-Bold', size: 11.5, color: color.accent },
  body: { font: 'Helvetica', size: 9.2, color: color.ink },
  strong: { font: 'Helvetica-Bold', size: 9.2, color: color.ink },
  label: { font: 'Helvetica', size: 9.2, color: color.muted },
  column: { font: 'Helvetica-Bold', size: 7.6, color: color.muted },
  mono: { font: 'Courier', size: 8.4, color: color.ink },
  small: { font: 'Helvetica', size: 7.6, color: color.muted },
  smallMono: { font: 'Courier', size: 7.2, color: color.muted },
} satisfies Record<string, TextStyle>;
