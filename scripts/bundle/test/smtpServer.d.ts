/** The part of smtp-server that tests use; its types would bring a mail client's and a cloud's. */
declare module 'smtp-server' {
  import type { Server } from 'node:net';
  import type { Readable } from 'node:stream';

  export interface Session {
    /** The connection is by TLS. */
    secure: boolean;
    user?: string;
    envelope: { mailFrom: { address: string }; rcptTo: { address: string }[] };
  }
  export class SMTPServer {
    readonly server: Server;
    constructor(options: {
      key: string;
      cert: string;
      authMethods: string[];
      onAuth(
        auth: { username: string; password: string },
        session: Session,
        done: (error: Error | null, answer?: { user: string }) => void,
      ): void;
      onData(stream: Readable, session: Session, done: () => void): void;
    });
    listen(port: number, host: string, done: () => void): void;
    close(done: () => void): void;
  }
}
