import { randomBytes } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json, text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import { issue, makeAuthority } from '../certificates.ts';

/** What Alertmanager posts. */
export interface Notification {
  status: 'firing' | 'resolved';
  receiver: string;
  alerts: {
    status: 'firing' | 'resolved';
    labels: Record<string, string>;
    annotations: Record<string, string>;
  }[];
}

export interface Mail {
  from: string;
  to: string[];
  /** Who said so, by name and password over TLS. */
  user: string | undefined;
  /** Headers and text, its lines whole. */
  text: string;
}

export interface AlertReceivers extends AsyncDisposable {
  /** Who signed the certificate of both, PEM. */
  ca: string;
  /** Takes notifications at every path. */
  webhookUrl: string;
  /** What came to a path, oldest first. */
  notificationsTo(path: string): Notification[];
  mail: { server: string; user: string; password: string };
  mails: Mail[];
}

/** A webhook receiver and a mail server, both real and by TLS only, on an address of this host. */
export async function openAlertReceivers(address: string): Promise<AlertReceivers> {
  const authority = await makeAuthority('alert receivers', 2);
  const { key, certificate: cert } = await issue(authority, {
    commonName: address,
    names: [address],
    days: 1,
  });
  const taken = new Map<string, Notification[]>();
  const webhook = createServer({ key, cert }, async (request, response) => {
    const path = request.url ?? '';
    taken.set(path, [...(taken.get(path) ?? []), (await json(request)) as Notification]);
    response.writeHead(200).end();
  });
  await new Promise<void>((resolve) => webhook.listen(0, address, resolve));
  const mails: Mail[] = [];
  const login = { user: 'origin', password: randomBytes(12).toString('base64url') };
  const smtp = openMailServer({ key, cert, ...login }, (mail) => mails.push(mail));
  await new Promise<void>((resolve) => smtp.listen(0, address, resolve));
  return {
    ca: authority.certificate,
    webhookUrl: `https://${address}:${(webhook.address() as AddressInfo).port}`,
    notificationsTo: (path) => taken.get(path) ?? [],
    mail: { server: `${address}:${(smtp.server.address() as AddressInfo).port}`, ...login },
    mails,
    async [Symbol.asyncDispose]() {
      webhook.closeAllConnections();
      await new Promise((resolve) => webhook.close(resolve));
      await new Promise<void>((resolve) => smtp.close(resolve));
    },
  };
}

type Login = { key: string; cert: string; user: string; password: string };

/** Refuses who does not log in, and who does so without TLS. */
function openMailServer({ key, cert, user, password }: Login, take: (mail: Mail) => void): SMTPServer {
  return new SMTPServer({
    key,
    cert,
    authMethods: ['PLAIN'],
    onAuth(given, session, done) {
      const isRight = session.secure && given.username === user && given.password === password;
      done(isRight ? null : new Error('refused'), { user });
    },
    async onData(stream, session, done) {
      const { mailFrom, rcptTo } = session.envelope;
      take({
        from: mailFrom.address,
        to: rcptTo.map((one) => one.address),
        user: session.user,
        text: wholeLines(await text(stream)),
      });
      done();
    },
  });
}

/** Without the breaks and escapes of quoted-printable. */
const wholeLines = (mail: string) =>
  mail
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
