import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freeText, holdsSecret, Label } from './freeText.ts';

/** The vector of the interface description. */
const KEY = 'ok_live_0aZ9bY8c_0123456789ABCDEFabcdefGHIJKLMNOP_43pCaI';
const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

describe('a key or a secret of ours in a text', () => {
  it.each([
    KEY,
    KEY.replace('live', 'op'),
    KEY.replace('live', 'svc'),
    `Bearer ${KEY}`,
    `x${KEY}y`,
    KEY.slice(0, -8),
    WEBHOOK_SECRET,
    `secret=${WEBHOOK_SECRET};`,
    WEBHOOK_SECRET.replaceAll('B', '-'),
  ])('is found in %s', (text) => {
    expect(holdsSecret(text)).toBe(true);
    expect(Label.safeParse(text).success).toBe(false);
  });

  it('is not told back by the message that refuses it', () => {
    const { error } = Label.safeParse(`Bearer ${KEY}`);
    expect(error?.issues).toHaveLength(1);
    expect(JSON.stringify(error?.issues)).not.toContain('0aZ9bY8c');
  });

  it.each(['ok_live_0aZ9bY8c', 'ok_live', 'whsec_', 'book_lively', 'ok_live_0aZ9bY8c_short'])(
    'is not seen in %s, which opens nothing',
    (text) => {
      expect(holdsSecret(text)).toBe(false);
      expect(Label.safeParse(text).success).toBe(true);
    },
  );
});

describe('free text', () => {
  const one = freeText({ min: 1, max: 200 });

  it('holds no character of a class that controls terminal, line or direction', () => {
    const controls = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\ufeff]/u;
    for (let code = 0; code <= 0xffff; code += 1) {
      const character = String.fromCharCode(code);
      if (!character.isWellFormed()) continue;
      expect({ code, taken: one.safeParse(`a${character}b`).success }).toEqual({
        code,
        taken: !controls.test(character),
      });
    }
  });

  it('takes every script, joiners among them, and counts what Unicode calls characters', () => {
    for (const text of ['Zoë', '名前', 'שלום', 'سلام', 'می\u200cخواهم', '👩\u200d👧', '😀'.repeat(200)]) {
      expect({ text, taken: one.safeParse(text).success }).toEqual({ text, taken: true });
    }
    expect(one.safeParse('😀'.repeat(201)).success).toBe(false);
    expect(one.safeParse('').success).toBe(false);
  });

  it('says nothing of what it refuses but what it may be', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 201, maxLength: 300 }), (text) => {
        expect(one.safeParse(text).error?.issues[0]?.message).toMatch(/^must be 1 to 200 characters/);
      }),
    );
  });
});
