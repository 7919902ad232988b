/** A name as a terminal may show it: control characters, with which a name could colour or forge output, become `\u{hex}`. */
export const printable = (name: string): string =>
  name.replace(/\p{Cc}/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
