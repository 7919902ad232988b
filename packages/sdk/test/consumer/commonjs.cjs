const { readFileSync } = require('node:fs');
const sdk = require('@origin-stack/sdk');
const { prove } = require('./prove.cjs');

prove(sdk, JSON.parse(readFileSync('proof.json', 'utf8'))).then((answers) =>
  process.stdout.write(JSON.stringify(answers)),
);
