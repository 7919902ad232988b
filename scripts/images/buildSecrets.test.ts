import { expect, it } from 'vitest';
import { refusePasswords } from './buildSecrets.ts';

const open = {
  archive: 'http://deb.debian.org/debian',
  security: 'https://mirror.example:8443/debian-security',
};

it('refuses a mirror whose address holds a password: every image keeps that address', () => {
  expect(() => refusePasswords(open)).not.toThrow();
  expect(() => refusePasswords({ ...open, archive: 'http://mirror.example/~me@home/debian' })).not.toThrow();
  for (const closed of [
    { ...open, archive: 'http://me:word@mirror.example/debian' },
    { ...open, security: 'tor+https://token@mirror.example/debian-security' },
  ]) {
    expect(() => refusePasswords(closed)).toThrow(
      expect.objectContaining({ exitCode: 3, message: expect.not.stringMatching(/word@|token@/) }),
    );
  }
});
