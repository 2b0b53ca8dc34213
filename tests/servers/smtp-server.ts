import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface ReceivedMail {
  from: string;
  to: string[];
  data: string;
}

/** A mail server on loopback that takes every mail, or refuses each while `refuses` is set (RFC 5321). Ends with the test. */
export async function smtpServer() {
  const mails: ReceivedMail[] = [];
  const heard: string[] = [];
  const behaviour = { refuses: false };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let mail: ReceivedMail = { from: '', to: [], data: '' };
    let reading = false;
    let rest = '';
    const say = (line: string) => socket.write(`${line}\r\n`);
    const take = (line: string) => {
      heard.push(line);
      if (reading) {
        if (line !== '.') {
          mail.data += `${line}\n`;
          return;
        }
        reading = false;
        mails.push(mail);
        mail = { from: '', to: [], data: '' };
        say('250 taken');
        return;
      }
      const address = /<([^>]*)>/.exec(line)?.[1] ?? '';
      if (/^(EHLO|HELO)/i.test(line)) say('250 here');
      // As a server answers that does not know the command (RFC 5321 section 4.2.4).
      else if (/^STARTTLS/i.test(line)) say('502 unknown');
      else if (/^MAIL/i.test(line)) {
        mail.from = address;
        say(behaviour.refuses ? '451 later' : '250 ok');
      } else if (/^RCPT/i.test(line)) {
        mail.to.push(address);
        say('250 ok');
      } else if (/^DATA/i.test(line)) {
        reading = true;
        say('354 go on');
      } else if (/^QUIT/i.test(line)) {
        say('221 bye');
        socket.end();
      } else say('250 ok');
    };
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) take(line);
    });
    say('220 here');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  );
  return { mails, heard, behaviour, url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
