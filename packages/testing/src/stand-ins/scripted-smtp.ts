/** A server that follows a script, to show what a client does with faults that no real server can be asked for. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** What to do at one step: reply, say nothing, or cut the connection. */
export type Step = string | { hang: true } | { drop: true };

export interface Script {
  greeting?: Step;
  ehlo?: Step;
  starttls?: Step;
  auth?: Step;
  mail?: Step;
  /** By number of the recipient in the transaction. */
  recipients?: Step[];
  data?: Step;
  /** When the first bytes of the message came. */
  midMessage?: Step;
  /** After the final dot. */
  endOfData?: Step;
}

export interface ScriptedSmtp {
  port: number;
  /** Connections so far, and messages whose final dot arrived. */
  seen: { connections: number; messages: number };
  close(): Promise<void>;
}

/** Follows the same script on every connection. */
export async function startScriptedSmtp(script: Script): Promise<ScriptedSmtp> {
  const seen = { connections: 0, messages: 0 };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    seen.connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    follow(socket, script, seen);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    seen,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function follow(socket: Socket, script: Script, seen: ScriptedSmtp['seen']): void {
  let pending = '';
  let inData = false;
  let recipient = 0;
  const act = (step: Step): void => {
    if (typeof step === 'string') socket.write(`${step}\r\n`);
    else if ('drop' in step) socket.destroy();
  };
  act(script.greeting ?? '220 scripted ESMTP');
  socket.on('data', (chunk) => {
    pending += chunk.toString('latin1');
    if (inData && script.midMessage !== undefined) return act(script.midMessage);
    for (let end = pending.indexOf('\r\n'); end !== -1; end = pending.indexOf('\r\n')) {
      if (inData) {
        const dot = pending.startsWith('.\r\n') ? 0 : pending.indexOf('\r\n.\r\n');
        if (dot === -1) return;
        pending = pending.slice(dot === 0 ? 3 : dot + 5);
        inData = false;
        seen.messages += 1;
        act(script.endOfData ?? '250 2.0.0 Ok: queued as SCRIPT1');
        continue;
      }
      const line = pending.slice(0, end).toUpperCase();
      pending = pending.slice(end + 2);
      if (line.startsWith('EHLO') || line.startsWith('HELO')) act(script.ehlo ?? '250 scripted');
      else if (line === 'STARTTLS') act(script.starttls ?? '502 5.5.1 No');
      else if (line.startsWith('AUTH')) act(script.auth ?? '235 2.7.0 Ok');
      else if (line.startsWith('MAIL')) {
        recipient = 0;
        act(script.mail ?? '250 2.1.0 Ok');
      } else if (line.startsWith('RCPT')) {
        act(script.recipients?.[recipient] ?? '250 2.1.5 Ok');
        recipient += 1;
      } else if (line === 'DATA') {
        const step = script.data ?? '354 Go on';
        inData = typeof step === 'string' && step.startsWith('354');
        act(step);
      } else if (line === 'QUIT') socket.end('221 Bye\r\n');
      else act('250 Ok');
    }
  });
}
