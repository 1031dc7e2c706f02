/** Containers without a container: programs are answered by a function. Portable. */
import type { Container } from '../container/container.ts';

/** What is answered to a program, by its words in one text and what came on its stdin. */
export type Answer = (
  command: string,
  stdin: ReadableStream<Uint8Array> | undefined,
) => Promise<ReadableStream<Uint8Array>>;

/** Each program ends well once it is answered. */
export function fakeContainer(answer: Answer): Container {
  return {
    gatewayUrl: '',
    start: async () => undefined,
    destroy: async () => undefined,
    async exec(command, options) {
      const stdout = await answer(command.join(' '), options?.stdin);
      return { stdout, ended: Promise.resolve({ exitCode: 0, stderr: '' }) };
    },
  };
}

/** One thing in the list that `find` gives. */
export function listed(path: string, size: number, kind = 'f', state = '1 1.0'): string {
  return `${path}\x00${kind}\x00${state}\x00${size}\x00644\x00\x00`;
}

/** Bytes, or a text, as the output of a program. */
export function output(content: string | Uint8Array): ReadableStream<Uint8Array> {
  return new Blob([typeof content === 'string' ? content : new Uint8Array(content)]).stream();
}
