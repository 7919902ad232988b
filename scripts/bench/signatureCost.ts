import { constants, generateKeyPairSync, sign } from 'node:crypto';

const SIGNATURES = 400;
const BITS = 3072;

/** CPU milliseconds of one RSA-3072 PSS signature here and now, without anything around it. */
export function signatureCostMs(): number {
  const { privateKey: key } = generateKeyPairSync('rsa', { modulusLength: BITS });
  const options = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  const input = Buffer.alloc(700, 'x');
  sign('sha256', input, options);
  const before = process.cpuUsage();
  for (let count = 0; count < SIGNATURES; count += 1) sign('sha256', input, options);
  const used = process.cpuUsage(before);
  return (used.user + used.system) / 1000 / SIGNATURES;
}
