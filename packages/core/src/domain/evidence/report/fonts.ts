import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { create } from 'fontkit';
import type { Covers } from './printableText.ts';

/** Noto Sans by script, the regular weight; in this order where more than one font has a character. */
const SCRIPTS = [
  ['noto-sans', 'NotoSans'],
  ['noto-sans-arabic', 'NotoSansArabic'],
  ['noto-sans-hebrew', 'NotoSansHebrew'],
  ['noto-sans-armenian', 'NotoSansArmenian'],
  ['noto-sans-georgian', 'NotoSansGeorgian'],
  ['noto-sans-devanagari', 'NotoSansDevanagari'],
  ['noto-sans-bengali', 'NotoSansBengali'],
  ['noto-sans-gurmukhi', 'NotoSansGurmukhi'],
  ['noto-sans-gujarati', 'NotoSansGujarati'],
  ['noto-sans-oriya', 'NotoSansOriya'],
  ['noto-sans-tamil', 'NotoSansTamil'],
  ['noto-sans-telugu', 'NotoSansTelugu'],
  ['noto-sans-kannada', 'NotoSansKannada'],
  ['noto-sans-malayalam', 'NotoSansMalayalam'],
  ['noto-sans-sinhala', 'NotoSansSinhala'],
  ['noto-sans-thai', 'NotoSansThai'],
  ['noto-sans-lao', 'NotoSansLao'],
  ['noto-sans-khmer', 'NotoSansKhmer'],
  ['noto-sans-myanmar', 'NotoSansMyanmar'],
  ['noto-sans-ethiopic', 'NotoSansEthiopic'],
  // Chinese and Japanese; Han in the shapes of the mainland.
  ['noto-sans-sc', 'NotoSansSC'],
  ['noto-sans-kr', 'NotoSansKR'],
  ['noto-emoji', 'NotoEmoji'],
] as const;

export interface Fonts {
  /** The files that the compiler gets, and no other font of the machine. */
  blobs: Buffer[];
  /** Families to try one after the other. */
  families: string[];
  covers: Covers;
}

/** Reads the fonts of the report, 23 MB, from their packages: one set on every machine, or the bytes would differ. */
export function readFonts(): Fonts {
  const scripts = SCRIPTS.map(([name, file]) => readFont(name, '400Regular', file));
  const opened = scripts.map((blob) => open(blob));
  const sets = opened.map(({ characterSet }) => new Set(characterSet));
  const ofText = (character: string) => character.codePointAt(0) ?? 0;
  return {
    blobs: [
      ...scripts,
      readFont('noto-sans', '700Bold', 'NotoSans'),
      readFont('noto-sans-mono', '400Regular', 'NotoSansMono'),
    ],
    families: opened.map(({ familyName }) => familyName),
    covers: (characters) => sets.some((set) => characters.every((one) => set.has(ofText(one)))),
  };
}

function readFont(name: string, weight: string, file: string): Buffer {
  const url = import.meta.resolve(`@expo-google-fonts/${name}/${weight}/${file}_${weight}.ttf`);
  return readFileSync(fileURLToPath(url));
}

function open(blob: Buffer) {
  const font = create(blob);
  if (!('characterSet' in font)) throw new Error('a font of the report is a collection of fonts');
  return font;
}
