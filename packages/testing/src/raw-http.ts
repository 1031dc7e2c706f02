/** Requests as bytes over a real socket, and the answers as they come. */
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  status: number;
  headers: Headers;
  body: string;
}

/** Connects; what breaks later is silent. */
export function open(port: number, host = '127.0.0.1'): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => resolve(socket));
    socket.once('error', reject);
    socket.on('error', () => {});
  });
}

/** Sends the text, and gives all that comes back until the connection ends. */
export async function exchange(port: number, text: string, host?: string): Promise<string> {
  const socket = await open(port, host);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk.toString('latin1');
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.write(text, 'latin1');
  await closed;
  return answer;
}

/** The first answer of such a text; status 0 where there is none. */
export function parseAnswer(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = new Headers();
  for (const line of lines)
    headers.append(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1));
  return { status: Number(first.split(' ')[1] ?? 0), headers, body: rest.join('\r\n\r\n') };
}

/** Names of the headers that every answer has, and this one has not. */
export function missingHeaders({ headers }: Pick<RawAnswer, 'headers'>): string[] {
  return [
    'content-security-policy',
    'x-content-type-options',
    'x-frame-options',
    'referrer-policy',
    'cross-origin-opener-policy',
    'cross-origin-resource-policy',
    'permissions-policy',
    'cache-control',
  ].filter((name) => !headers.has(name));
}
