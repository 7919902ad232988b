import { Client } from 'minio';
import type { BundleDir } from '../../bundle/bundleDir.ts';
import { askByTls } from './askByTls.ts';

const MINIO = { service: 'minio', port: 9000 };
const SECONDS = 60;

/** The file with the root's key where MinIO, as it runs, refuses what is signed by it. */
export async function objectStoreMismatches(
  dir: BundleDir,
  read: (path: string) => Promise<string | undefined>,
): Promise<string[]> {
  const [accessKey, secretKey] = [await read('minio/root-user'), await read('minio/root-password')];
  if (accessKey === undefined || secretKey === undefined) return [];
  const place = { endPoint: 'localhost', port: MINIO.port, useSSL: true, region: 'us-east-1' };
  // Of a bucket that nobody makes: a good signature is answered 404.
  const url = new URL(
    await new Client({ ...place, accessKey, secretKey }).presignedGetObject(
      'origin-doctor',
      'nothing',
      SECONDS,
    ),
  );
  const answer = await askByTls(dir, MINIO, { method: 'GET', path: `${url.pathname}${url.search}` });
  return answer?.status === 403 ? ['minio/root-user', 'minio/root-password'] : [];
}
