import { describe, expect, it } from 'vitest';
import { sha256Hex } from './sha256Hex.ts';

describe('sha256Hex', () => {
  it('gives the digests that FIPS 180-4 publishes', async () => {
    expect(await sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(await sha256Hex(new Uint8Array())).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });

  it('hashes only the view, not the buffer behind it', async () => {
    const view = new TextEncoder().encode('xabcx').subarray(1, 4);
    expect(await sha256Hex(view)).toBe(await sha256Hex('abc'));
  });

  it('refuses a string that has no UTF-8', async () => {
    await expect(sha256Hex('\ud800')).rejects.toThrow(TypeError);
  });
});
