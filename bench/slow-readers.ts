/**
 * What clients that do not read, do not send, or only connect cost the others: each kind alone on a server of its own, all
 * from one address, while another one asks for `/health/live` every 20 ms.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTinyfat, type Tinyfat } from '../e2e/support/tinyfat.ts';

const MEGABYTE = 1024 * 1024;
const FILE_BYTES = 25 * MEGABYTE;
/** Ms in which they are watched. */
const WATCHED_MS = 8000;

export interface SlowClients {
  /** Longest time, ms, from one answer of `/health/live` to the next. */
  longestSilenceMs: number;
  /** Peak resident memory above that of the idle server. */
  peakAboveIdleMb: number;
}

type Kind = 'readers' | 'uploads' | 'posts';
/** How many of each. */
const COUNTS: Readonly<Record<Kind, number>> = { readers: 60, uploads: 60, posts: 4000 };

/** 60 readers of a file of 25 MB, 60 uploads of 10 MB that stop before their end, 4,000 posts that never send a body. */
export async function measureSlowClients(): Promise<Record<Kind, SlowClients>> {
  return {
    readers: await measure('readers'),
    uploads: await measure('uploads'),
    posts: await measure('posts'),
  };
}

async function measure(kind: Kind): Promise<SlowClients> {
  const server = await startTinyfat({ environment: { LOG_LEVEL: 'error' }, agents: { scout: [] } });
  const sockets: Socket[] = [];
  try {
    const made = await server.cli(['token', 'create', '--owner', 'owner@example.com']);
    await putLargeFile(server);
    const request = requestOf(kind, made.stdout.trim());
    await sleep(1000);
    const idle = memory(server, 'VmRSS');
    const watch = watchLife(server, WATCHED_MS);
    for (let at = 0; at < COUNTS[kind]; at++) {
      const socket = connect({ port: 8025, host: server.host });
      socket.on('error', () => {});
      if (kind === 'readers') socket.pause();
      else socket.resume();
      socket.write(request);
      sockets.push(socket);
      if (at % 100 === 99) await sleep(5);
    }
    const longestSilenceMs = await watch;
    return { longestSilenceMs, peakAboveIdleMb: (memory(server, 'VmHWM') - idle) / MEGABYTE };
  } finally {
    for (const socket of sockets) socket.destroy();
    await server.kill('SIGKILL');
    await server.dispose();
  }
}

/** Into the folder of the one agent that there is. */
async function putLargeFile(server: Tinyfat): Promise<void> {
  const [agent] = readdirSync(join(server.dataDir, 'agents'));
  writeFileSync(join(server.dataDir, 'agents', agent ?? '', 'large.bin'), new Uint8Array(FILE_BYTES));
}

function requestOf(kind: Kind, token: string): Uint8Array {
  const head = (line: string, ...more: string[]) =>
    `${[`${line} HTTP/1.1`, 'Host: bench', `Authorization: Bearer ${token}`, ...more].join('\r\n')}\r\n\r\n`;
  const json = 'Content-Type: application/json';
  switch (kind) {
    case 'readers':
      return Buffer.from(head('GET /api/v1/agents/scout/files/large.bin'));
    case 'uploads':
      return Buffer.concat([
        Buffer.from(head('PUT /api/v1/agents/scout/skills/tea', json, `Content-Length: ${11 * MEGABYTE}`)),
        new Uint8Array(10 * MEGABYTE),
      ]);
    case 'posts':
      return Buffer.from(head('POST /api/v1/agents', json, 'Content-Length: 1000'));
  }
}

/** Asks again and again, each time over a connection of its own from an address of its own. */
async function watchLife(server: Tinyfat, ms: number): Promise<number> {
  const end = performance.now() + ms;
  let [last, longest] = [performance.now(), 0];
  while (performance.now() < end) {
    if (await isAlive(server)) {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }
    await sleep(20);
  }
  return Math.max(longest, performance.now() - last);
}

function isAlive(server: Tinyfat): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port: 8025, host: server.host, localAddress: '127.0.0.2' });
    socket.on('error', () => resolve(false));
    socket.once('data', (chunk) => {
      resolve(chunk.toString('latin1').startsWith('HTTP/1.1 200'));
      socket.destroy();
    });
    socket.once('close', () => resolve(false));
    socket.write('GET /health/live HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n');
  });
}

/** Resident memory of the server, bytes (proc(5)). */
function memory(server: Tinyfat, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${server.pid()}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s*(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
}
