/** What Windows-1252 has between 0x80 and 0x9f. */
const windowsExtras = new Set('€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ');

/**
 * Text that PDF's standard fonts can show and a reader can tell apart: every character that they lack, and every one that
 * prints nothing (controls, no-break space, soft hyphen), becomes `\u{hex}`; a backslash is doubled so that an
 * escape is never mistaken for text.
 */
export function winAnsiText(text: string): string {
  return Array.from(text, (character) => {
    if (character === '\\') return '\\\\';
    return isPlain(character) ? character : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  }).join('');
}

function isPlain(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  const ascii = code >= 0x20 && code <= 0x7e;
  const latin1 = code >= 0xa1 && code <= 0xff && code !== 0xad;
  return ascii || latin1 || windowsExtras.has(character);
}
