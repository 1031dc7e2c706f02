import type { Container, Exec } from './container.ts';

/** A container that could not be had, or that ended before what ran in it. Another one may do better. */
export class ContainerFault extends Error {
  override name = 'ContainerFault';
}

/** The container, whose failures are all `ContainerFault`. */
export function withFaults(container: Container): Container {
  return {
    gatewayUrl: container.gatewayUrl,
    start: () => container.start().catch(fail),
    destroy: () => container.destroy().catch(fail),
    async exec(command, options) {
      const { stdout, ended } = await container.exec(command, options).catch(fail);
      const end = ended.catch(fail);
      end.catch(() => undefined);
      return { stdout: faultsOf(stdout), ended: end } satisfies Exec;
    },
  };
}

function faultsOf(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await reader.read().catch(fail);
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
      cancel: () => reader.cancel(),
    },
    { highWaterMark: 0 },
  );
}

function fail(error: unknown): never {
  throw new ContainerFault(error instanceof Error ? error.message : String(error), { cause: error });
}
