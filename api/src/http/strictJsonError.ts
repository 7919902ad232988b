/** Where in the text (a JSON Pointer), and what is not acceptable there. */
export class StrictJsonError extends Error {
  readonly pointer: string;

  constructor(pointer: string, message: string) {
    super(message);
    this.name = 'StrictJsonError';
    this.pointer = pointer;
  }
}
