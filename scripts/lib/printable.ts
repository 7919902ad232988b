/**
 * A name as a terminal may show it: control characters, with which a name could colour or forge output, and those that
 * change the direction of text, become `\u{hex}`.
 */
export const printable = (name: string): string =>
  name.replace(
    /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
