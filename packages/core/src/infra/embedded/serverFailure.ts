/** A server that ended while it started; `next` is what the reader can type or do about it. */
export class ServerFailure extends Error {
  readonly next: string;

  constructor(what: string, next: string, options?: ErrorOptions) {
    super(what, options);
    this.name = new.target.name;
    this.next = next;
  }
}

/** Why a server cannot run here, found before it is started. */
export class ServerRefusal extends ServerFailure {}
