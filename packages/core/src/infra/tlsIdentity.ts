import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Settings } from '../config/settings.ts';
import { describeError, type Log } from './log.ts';

/** Texts in PEM. */
export interface TlsFiles {
  /** Who signs the certificates of this installation. */
  ca: string;
  /** That, and who else signs servers that are spoken to. */
  serverCa: string;
  /** The process's own certificate, for what it serves and what it calls. */
  cert: string;
  key: string;
}

/** The one identity of a process in an installation with mutual TLS. */
export interface TlsIdentity {
  /** The files that are in force; the same object until they change. */
  current(): TlsFiles;
  /** Called after other files came into force. Returns what unsubscribes. */
  onChange(callback: () => void): () => void;
  close(): void;
}

export type TlsPaths = Pick<Settings, 'TLS_CA_FILE' | 'TLS_CERT_FILE' | 'TLS_KEY_FILE' | 'TLS_EXTRA_CA_FILE'>;

const LOOK_EVERY_MS = 30_000;

/**
 * Reads the identity that the settings name, undefined where they name none, and again every `lookEveryMs`: renewed
 * files come into force by themselves. Files that do not belong together (half of a renewal) are left alone with a
 * line in the log, and the ones before stay. Throws where the first ones are wrong.
 */
export async function openTlsIdentity(
  paths: TlsPaths,
  options: { log: Log; lookEveryMs?: number },
): Promise<TlsIdentity | undefined> {
  const { TLS_CA_FILE: ca, TLS_CERT_FILE: cert, TLS_KEY_FILE: key, TLS_EXTRA_CA_FILE: extraCa } = paths;
  if (!ca || !cert || !key) return undefined;
  const { log } = options;
  const files = [ca, cert, key, ...(extraCa ? [extraCa] : [])];
  const listeners = new Set<() => void>();
  let seen = await Promise.all(files.map(readOrExplain));
  let current = checkedFiles(seen);
  const look = async () => {
    const found = await Promise.all(files.map(readOrExplain));
    if (found.every((text, index) => text === seen[index])) return;
    current = checkedFiles(found);
    seen = found;
    const { subject, validTo } = new X509Certificate(current.cert);
    log.info({ subject, valid_to: validTo }, 'the certificate was renewed');
    for (const listener of listeners) listener();
  };
  let complaint = '';
  const lookSafely = () =>
    look().then(
      () => {
        complaint = '';
      },
      (error: Error) => {
        if (error.message === complaint) return;
        complaint = error.message;
        log.warn({ err: describeError(error) }, 'new TLS files are not used, the ones before stay in force');
      },
    );
  // One after the other: an earlier look that ends late would take back what a later one found.
  let isLooking = false;
  const timer = setInterval(async () => {
    if (isLooking) return;
    isLooking = true;
    await lookSafely();
    isLooking = false;
  }, options.lookEveryMs ?? LOOK_EVERY_MS);
  timer.unref();
  return {
    current: () => current,
    onChange(callback) {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
    close: () => clearInterval(timer),
  };
}

function readOrExplain(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`the TLS file ${file} cannot be read: ${error.code}`);
  });
}

/** Throws where a text is cut off, is not what it should be, or the key is another certificate's. */
function checkedFiles([ca = '', cert = '', key = '', extraCa = '']: string[]): TlsFiles {
  for (const [name, text] of Object.entries({
    CA: ca,
    CERT: cert,
    ...(extraCa ? { EXTRA_CA: extraCa } : {}),
  })) {
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
    const begun = text.split('-----BEGIN CERTIFICATE-----').length - 1;
    if (begun === 0 || blocks.length !== begun)
      throw new Error(`TLS_${name}_FILE holds no whole certificates`);
    for (const block of blocks) parseCertificate(name, block);
  }
  try {
    createPrivateKey(key);
    createSecureContext({ ca, cert, key });
  } catch (error) {
    // OpenSSL's reason alone: nothing of the key.
    const reason = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new Error(`TLS_KEY_FILE does not fit TLS_CERT_FILE: ${reason}`);
  }
  return { ca, serverCa: `${ca}\n${extraCa}`, cert, key };
}

function parseCertificate(name: string, pem: string): void {
  try {
    new X509Certificate(pem);
  } catch {
    throw new Error(`TLS_${name}_FILE holds something that is no certificate`);
  }
}
