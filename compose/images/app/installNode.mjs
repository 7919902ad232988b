// Puts the Node that package-lock.json names to /usr/local/bin/node: its package, checked against the lock's hash.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const name = `node-linux-${process.arch}`;
const { version, integrity } = JSON.parse(readFileSync('package-lock.json', 'utf8')).packages[
  `node_modules/${name}`
];
execFileSync('npm', ['pack', '--silent', '--pack-destination', '/tmp', `${name}@${version}`]);
const archive = `/tmp/${name}-${version}.tgz`;
const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
if (found !== integrity)
  throw new Error(`${name} ${version} is ${found}, and the lock file says ${integrity}`);
execFileSync('tar', ['-xzf', archive, '-C', '/usr/local', '--strip-components=1', 'package/bin/node']);
