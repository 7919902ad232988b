/** Whether one font has every one of these characters. */
export type Covers = (characters: string[]) => boolean;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** Joiners and selectors print nothing of their own: they belong to emoji and to scripts that join their letters. */
const joining =
  /^[\p{sc=Arab}\p{sc=Deva}\p{sc=Beng}\p{sc=Guru}\p{sc=Gujr}\p{sc=Orya}\p{sc=Taml}\p{sc=Telu}\p{sc=Knda}\p{sc=Mlym}\p{sc=Sinh}]/u;
const emoji = /^\p{RGI_Emoji}$/v;
/** Controls and what is unassigned or private, spaces but U+0020, what is invisible; marks without a letter or beyond three. */
const unprintable = /^[\p{Mn}\p{Me}]|\p{C}|\p{Z}|\p{Default_Ignorable_Code_Point}|\p{M}{4}/u;

/**
 * Text that the report's fonts can show and a reader can tell apart. A cluster that no font has whole, or that prints
 * nothing or over its neighbours (controls, bidi overrides, no-break space, soft hyphen, four marks on one letter), becomes
 * `\u{hex}` for each of its code points; a backslash is doubled, so that an escape is never mistaken for text.
 */
export function printableText(text: string, covers: Covers): string {
  return Array.from(graphemes.segment(text), ({ segment }) => {
    if (segment === '\\') return '\\\\';
    return isPrintable(segment, covers) ? segment : Array.from(segment, codePoint).join('');
  }).join('');
}

function isPrintable(cluster: string, covers: Covers): boolean {
  if (/^[ -~]$/.test(cluster)) return true;
  const printing = withoutJoiners(cluster);
  return !unprintable.test(printing) && covers(Array.from(printing));
}

function withoutJoiners(cluster: string): string {
  if (joining.test(cluster)) return cluster.replace(/[\u200c\u200d]/g, '');
  return emoji.test(cluster) ? cluster.replace(/[\u200d\ufe0f]/g, '') : cluster;
}

function codePoint(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
