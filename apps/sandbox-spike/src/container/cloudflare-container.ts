/**
 * `Container` over `ctx.container` of a Durable Object (developers.cloudflare.com/containers/api/durable-object-container).
 * Nothing leaves it but to ports 80 and 443, and what goes there is intercepted, HTTPS too.
 */
import type { Container, Exec, ExecOptions } from './container.ts';
import { GATEWAY_HOST, GATEWAY_URL } from './gateway-url.ts';

/** What of the API is used. */
export interface NativeContainer<Binding> {
  readonly running: boolean;
  start(options: { enableInternet: boolean }): void;
  /** Settles when the container ends. */
  monitor(): Promise<void>;
  destroy(): Promise<void>;
  interceptOutboundHttp(address: string, binding: Binding): Promise<void>;
  interceptAllOutboundHttp(binding: Binding): Promise<void>;
  interceptOutboundHttps(address: string, binding: Binding): Promise<void>;
  exec(command: string[], options: NativeExecOptions): Promise<NativeExec>;
}

interface NativeExecOptions {
  user: string;
  env: Record<string, string>;
  cwd: string;
  stdin?: ReadableStream<Uint8Array>;
}

interface NativeExec {
  readonly stdout: ReadableStream<Uint8Array> | null;
  readonly stderr: ReadableStream<Uint8Array> | null;
  readonly exitCode: Promise<number>;
}

const STDERR_BYTES = 64 * 1024;
/** There is no time that it promises to keep. */
const DESTROY_MS = 30_000;
/** Numbers, so that no file inside says who they are. */
const USERS = { root: '0:0', agent: '1000:1000' };

/** The container of an object; `wayOut` answers all that it sends. */
export function cloudflareContainer<Binding>(native: NativeContainer<Binding>, wayOut: Binding): Container {
  /** Rejects when the container that was started last ends. */
  let gone: Promise<never> = Promise.reject(new Error('the container was not started'));
  gone.catch(() => undefined);

  return {
    gatewayUrl: GATEWAY_URL,
    async start() {
      // With the image's own entrypoint, which ends it after a time whatever happens to the object.
      native.start({ enableInternet: false });
      const ended = (how: string) => () => {
        throw new Error(`the container ${how}`);
      };
      gone = native.monitor().then(ended('ended'), ended('failed'));
      gone.catch(() => undefined);
      // One host before all: what was registered first is what counts.
      await native.interceptOutboundHttp(GATEWAY_HOST, wayOut);
      await native.interceptAllOutboundHttp(wayOut);
      await native.interceptOutboundHttps('*', wayOut);
    },
    async destroy() {
      if (!native.running) return;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(new Error('the container was not destroyed in time')), DESTROY_MS);
      });
      try {
        await Promise.race([native.destroy(), late]);
      } finally {
        clearTimeout(timer);
      }
    },
    async exec(command, options = {}): Promise<Exec> {
      const { user = 'root', environment = {}, folder = '/', stdin }: ExecOptions = options;
      const started = native.exec([...command], {
        user: USERS[user],
        env: { ...environment },
        cwd: folder,
        ...(stdin ? { stdin } : {}),
      });
      const running = await Promise.race([started, gone]);
      if (running.stdout === null) throw new Error('a program has no output to read');
      const ended = Promise.race([endOf(running), gone]);
      ended.catch(() => undefined);
      return { stdout: until(gone, running.stdout), ended };
    },
  };
}

async function endOf({ exitCode, stderr }: NativeExec): Promise<{ exitCode: number; stderr: string }> {
  const text = stderr === null ? '' : await firstOf(stderr);
  return { exitCode: await exitCode, stderr: text };
}

/** Reads all, so that the program does not wait for it, and gives the first of it. */
async function firstOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let room = STDERR_BYTES;
  let text = '';
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    if (room <= 0) continue;
    text += decoder.decode(next.value.subarray(0, room), { stream: true });
    room -= next.value.length;
  }
  return text;
}

/** The stream, which errors when `gone` rejects: that of a container that was destroyed may never end. */
function until(gone: Promise<never>, stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await Promise.race([reader.read(), gone]);
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
      cancel: () => reader.cancel(),
    },
    { highWaterMark: 0 },
  );
}
