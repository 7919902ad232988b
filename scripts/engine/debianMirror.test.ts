import { expect, it } from 'vitest';
import { parseIndexTargets, trixieSources } from './debianMirror.ts';

const targets = `http://mirror.example/debian/|bookworm|main
http://mirror.example/debian/|bookworm-updates|main
http://security.example/debian-security/|bookworm-security|main
http://other.example/tools/|stable-tools|main`;
const mirror = {
  archive: 'http://mirror.example/debian',
  security: 'http://security.example/debian-security',
};

it("takes the archive and its security updates from apt's own targets", () => {
  expect(parseIndexTargets(targets)).toEqual(mirror);
});

it('finds no mirror of Debian among the sources of another distribution', () => {
  expect(parseIndexTargets('http://mirror.example/ubuntu/|noble|main')).toBeUndefined();
  expect(parseIndexTargets('')).toBeUndefined();
});

it("writes trixie's sources, with backports and keys where they are asked for", () => {
  const sources = trixieSources(mirror, { backports: true, keyring: '/keys.gpg' });
  expect(sources).toBe(`Types: deb
URIs: http://mirror.example/debian
Suites: trixie trixie-updates trixie-backports
Components: main
Signed-By: /keys.gpg

Types: deb
URIs: http://security.example/debian-security
Suites: trixie-security
Components: main
Signed-By: /keys.gpg
`);
  expect(trixieSources(mirror, { backports: false })).not.toMatch(/backports|Signed-By/);
});
