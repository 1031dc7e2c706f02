/** `Container` over the stand-in of the testing package, in Node and in workerd. Nothing that is deployed imports it. */
import { EXIT, frameReader, STDOUT } from '@tinyfat/testing/stand-ins/container/frames';
import type { Container, Exec, ExecOptions } from '../container/container.ts';
import { GATEWAY_URL } from '../container/gateway-url.ts';

/** The container of that name of the stand-in at `url`. */
export function standInContainer(url: string, name: string): Container {
  const ask = async (verb: string, init: RequestInit = {}): Promise<Response> => {
    const answer = await fetch(`${url}/${name}/${verb}`, { method: 'POST', ...init });
    if (!answer.ok) throw new Error(`container ${verb}: ${await answer.text()}`);
    return answer;
  };
  return {
    gatewayUrl: GATEWAY_URL,
    async start() {
      await ask('start');
    },
    async destroy() {
      await ask('destroy');
    },
    async exec(command: readonly string[], { stdin, ...options }: ExecOptions = {}): Promise<Exec> {
      const bytes = new TextEncoder().encode(JSON.stringify({ command, ...options }));
      const asked = btoa(String.fromCharCode(...bytes));
      const header = asked.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
      // `duplex` is what Node wants to be told where a body is a stream.
      const init = { headers: { 'x-exec': header }, ...(stdin ? { body: stdin, duplex: 'half' } : {}) };
      const answer = await ask('exec', init as RequestInit);
      if (answer.body === null) throw new Error('container exec: no answer');
      return readFrames(answer.body);
    },
  };
}

/** Output as it is pulled; the end is known once all of it was read, or nobody wants it any more. */
function readFrames(body: ReadableStream<Uint8Array>): Exec {
  const { promise: ended, resolve, reject } = Promise.withResolvers<{ exitCode: number; stderr: string }>();
  // Who reads only the output has no rejection to handle.
  ended.catch(() => {});
  const reader = body.getReader();
  const waiting: Uint8Array[] = [];
  let isOver = false;
  const cut = frameReader((kind, payload) => {
    if (kind === STDOUT) waiting.push(payload);
    if (kind !== EXIT) return;
    isOver = true;
    resolve(JSON.parse(new TextDecoder().decode(payload)));
  });

  /** The next piece of output; null at its end. */
  async function next(): Promise<Uint8Array | null> {
    for (;;) {
      const piece = waiting.shift();
      if (piece !== undefined) return piece;
      const read = await reader.read().catch(() => ({ done: true, value: undefined }));
      if (read.value !== undefined) cut(read.value);
      else if (isOver) return null;
      else {
        const fault = new Error('the container ended before the program');
        reject(fault);
        throw fault;
      }
    }
  }

  const stdout = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const piece = await next();
        if (piece === null) controller.close();
        else controller.enqueue(piece);
      },
      async cancel() {
        while ((await next()) !== null);
      },
    },
    { highWaterMark: 0 },
  );
  return { stdout, ended };
}
