/** Stored rows contradict what was proven: no pack is built of them, and trying again changes nothing. */
export class EvidenceMismatch extends Error {
  override readonly name = 'EvidenceMismatch';
  readonly uploadId: string;
  /** What contradicts its proof; never a value. */
  readonly part: string;

  constructor(uploadId: string, part: string) {
    super(`The upload's stored ${part} and its proof contradict each other.`);
    this.uploadId = uploadId;
    this.part = part;
  }
}
