/**
 * A stand-in for Cloudflare's containers: an HTTP server that starts, enters and ends containers by name, each in namespaces
 * of bubblewrap (see `box.ts` for what that does not prove). `POST /{name}/start`, `/{name}/exec` and `/{name}/destroy`; what
 * goes over them stands in `frames.ts`.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listenOnLoopback } from '../loopback-server.ts';
import { type Box, type BoxCommand, startBox } from './box.ts';
import { EXIT, frame, STDOUT } from './frames.ts';
import { type OnRequest, openWayOut, type WayOut } from './way-out.ts';

/** What goes wrong on demand, once each. */
export interface ContainerFaults {
  /** The next start fails. */
  startFails?: boolean;
  /** The next program of that name is never started, and nothing is answered. */
  hangs?: string;
  /** What `/data` of containers that are started from now on may hold, bytes. */
  diskBytes?: number;
}

export interface ContainerStandIn {
  url: string;
  faults: ContainerFaults;
  /** Every program that was run, in order. */
  programs: (BoxCommand & { container: string })[];
  /** How often a container of that name was started. */
  starts(name: string): number;
  isRunning(name: string): boolean;
  /** Kills a container from outside, as a machine that goes away does. */
  kill(name: string): Promise<void>;
  /** Runs a program in a container beside those of the turn, with more rights than any of them, and gives its output. */
  look(name: string, command: string[]): Promise<string>;
  close(): Promise<void>;
}

const checkout = (path: string) => fileURLToPath(new URL(`../../../../../${path}`, import.meta.url));
const DISK_BYTES = 512 << 20;
const STDERR_BYTES = 64 << 10;

/** Starts it; `onRequest` answers what containers send to the ports of HTTP, and null gives them no network, which is quicker. */
export async function startContainerStandIn(
  onRequest: ((container: string, request: Request) => Promise<Response>) | null,
): Promise<ContainerStandIn> {
  const root = mkdtempSync(join(tmpdir(), 'tinyfat-containers-'));
  const boxes = new Map<string, { box: Box; wayOut: WayOut }>();
  const starts = new Map<string, number>();
  const programs: ContainerStandIn['programs'] = [];
  const faults: ContainerFaults = {};

  async function start(name: string): Promise<void> {
    if (faults.startFails) {
      faults.startFails = false;
      throw new Error('no container could be had');
    }
    await end(name);
    const folder = join(root, randomUUID().slice(0, 8));
    mkdirSync(folder);
    const answer: OnRequest = async (request) => (await onRequest?.(name, request)) ?? Response.error();
    const wayOut = await openWayOut(join(folder, 'way-out'), answer);
    const box = await startBox({
      folder,
      wayOutFolder: wayOut.folder,
      authority: wayOut.authority,
      programFolder: checkout('dist/step-mom'),
      skillsFolder: checkout('apps/step-mom/skills'),
      diskBytes: faults.diskBytes ?? DISK_BYTES,
      network: onRequest !== null,
    });
    boxes.set(name, { box, wayOut });
    starts.set(name, (starts.get(name) ?? 0) + 1);
  }

  async function end(name: string): Promise<void> {
    const found = boxes.get(name);
    if (found === undefined) return;
    boxes.delete(name);
    found.wayOut.close();
    await found.box.end();
  }

  function exec(name: string, request: IncomingMessage, response: ServerResponse): void {
    const found = boxes.get(name);
    if (found === undefined) return void response.writeHead(409).end('the container is not running');
    const asked = JSON.parse(Buffer.from(String(request.headers['x-exec']), 'base64url').toString());
    const { command, user = 'root', environment = {}, folder = '/' } = asked;
    programs.push({ container: name, command, user, environment, folder });
    if (faults.hangs !== undefined && faults.hangs === command[0]) {
      delete faults.hangs;
      return void found.box.gone.then(() => response.destroy());
    }
    const child = found.box.run({ command, user, environment, folder });
    request.pipe(child.stdin);
    const stderr: Buffer[] = [];
    let room = STDERR_BYTES;
    child.stderr.on('data', (chunk: Buffer) => {
      stderr.push(chunk.subarray(0, room));
      room = Math.max(0, room - chunk.length);
    });
    response.writeHead(200);
    response.flushHeaders();
    child.stdout.on('data', (chunk: Buffer) => {
      if (!response.write(frame(STDOUT, chunk))) child.stdout.pause();
    });
    response.on('drain', () => child.stdout.resume());
    // Who hangs up reads no more; the program goes on, as in a container.
    response.on('close', () => child.stdout.resume());
    child.on('close', (exitCode, signal) => {
      if (!boxes.has(name) || boxes.get(name)?.box !== found.box) return void response.destroy();
      const end = {
        exitCode: exitCode ?? (signal === 'SIGKILL' ? 137 : 143),
        stderr: Buffer.concat(stderr).toString(),
      };
      response.end(frame(EXIT, Buffer.from(JSON.stringify(end))));
    });
  }

  const server = createServer((request, response) => {
    const [, name = '', verb] = (request.url ?? '').split('/');
    const failed = (error: unknown) => response.writeHead(500).end(String(error));
    if (!/^[a-z0-9-]{1,64}$/.test(name)) response.writeHead(400).end();
    else if (verb === 'start') start(name).then(() => response.end(), failed);
    else if (verb === 'destroy') end(name).then(() => response.end(), failed);
    else if (verb === 'exec') exec(name, request, response);
    else response.writeHead(404).end();
  });
  const { url, close } = await listenOnLoopback(server);
  return {
    url,
    faults,
    programs,
    starts: (name) => starts.get(name) ?? 0,
    isRunning: (name) => boxes.has(name),
    kill: end,
    async look(name, command) {
      const child = boxes.get(name)?.box.look(command);
      if (child === undefined) throw new Error(`no container ${name} is running`);
      child.stdin.end();
      let out = '';
      for await (const chunk of child.stdout) out += chunk;
      return out;
    },
    async close() {
      await Promise.all([...boxes.keys()].map(end));
      await close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
