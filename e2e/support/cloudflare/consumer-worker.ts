/**
 * A consumer of turns for tests, in workerd: it runs a turn in the object of its agent and calls the test back for all that
 * a turn calls back for. `POST /` with JSON of `AskedTurn`.
 */
import type { Grant, TurnRequest } from '@tinyfat/core';
import { type AgentObjects, remoteRunner } from '@tinyfat/sandbox/remote';

/** A turn as JSON. */
export interface AskedTurn {
  /** Where the test answers `/reserve`, `/settle`, and `/cancelled` once the turn is to be cancelled. */
  back: string;
  turn: Omit<TurnRequest, 'spending' | 'attachments'> & {
    spending: Pick<TurnRequest['spending'], 'models' | 'reserved'>;
    attachments: (Omit<TurnRequest['attachments'][number], 'content'> & { content: string })[];
  };
}

export default {
  async fetch(request: Request, { SANDBOX }: { SANDBOX: AgentObjects }): Promise<Response> {
    const { back, turn } = (await request.json()) as AskedTurn;
    const ask = (path: string, body: unknown) =>
      fetch(`${back}${path}`, { method: 'POST', body: JSON.stringify(body) });
    const cancelled = new AbortController();
    const over = new AbortController();
    fetch(`${back}/cancelled`, { method: 'POST', signal: over.signal }).then(
      () => cancelled.abort(),
      () => {},
    );
    try {
      const result = await remoteRunner(SANDBOX).runTurn(
        {
          ...turn,
          spending: {
            ...turn.spending,
            reserve: async (more, whole) => (await (await ask('/reserve', { more, whole })).json()) as Grant,
            settle: async (spending) => void (await ask('/settle', spending)),
          },
          attachments: turn.attachments.map((one) => ({
            ...one,
            content: Uint8Array.from(atob(one.content), (character) => character.charCodeAt(0)),
          })),
        },
        cancelled.signal,
      );
      return Response.json(result);
    } catch (error) {
      return new Response(String(error), { status: 500 });
    } finally {
      over.abort();
    }
  },
};
