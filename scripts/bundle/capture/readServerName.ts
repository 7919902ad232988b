const [HANDSHAKE, CLIENT_HELLO, SERVER_NAME] = [22, 1, 0];

/** The name that a TLS client says it wants (SNI, RFC 6066) in the first bytes it sends; undefined where there is none. */
export function readServerName(bytes: Buffer): string | undefined {
  if (bytes[0] !== HANDSHAKE || bytes[5] !== CLIENT_HELLO) return undefined;
  try {
    // Behind version and random: session id, ciphers, compressions, each behind its length.
    let at = 43;
    at += 1 + bytes.readUInt8(at);
    at += 2 + bytes.readUInt16BE(at);
    at += 1 + bytes.readUInt8(at);
    at += 2;
    for (;;) {
      const length = bytes.readUInt16BE(at + 2);
      if (bytes.readUInt16BE(at) === SERVER_NAME) {
        return bytes.toString('latin1', at + 9, at + 9 + bytes.readUInt16BE(at + 7)).toLowerCase();
      }
      at += 4 + length;
    }
  } catch (error) {
    // The end was reached, or what is cut off would have had it.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
