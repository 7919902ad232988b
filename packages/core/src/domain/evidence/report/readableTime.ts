/** RFC 3339 in UTC as people read it, with every digit kept: `2026-11-22 13:45:01.123456 UTC`. */
export function readableTime(timestamp: string): string {
  return timestamp.replace('T', ' ').replace(/Z$/, ' UTC');
}
