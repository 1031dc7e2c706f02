import { onTestFinished } from 'vitest';
import { type Answer, type MessagesApi, type ReceivedRequest, startMessagesApi } from './messages-api.ts';
import { makeTurnFolder, type TurnFolder } from './turn-folder.ts';

/** A stand-in model and an agent's folder that both vanish with the test. */
export async function makeTurn(
  script: (n: number, request: ReceivedRequest) => Answer,
): Promise<{ api: MessagesApi; folder: TurnFolder }> {
  const api = await startMessagesApi(script);
  const folder = makeTurnFolder(api.url);
  onTestFinished(async () => {
    folder.remove();
    await api.close();
  });
  return { api, folder };
}

/** Answers one after the other; the last one repeats. */
export function inOrder(...answers: Answer[]): (n: number) => Answer {
  return (n) => {
    const answer = answers[Math.min(n, answers.length) - 1];
    if (answer === undefined) throw new Error('no answers');
    return answer;
  };
}

/** Calls of the bash tool, as the model would make them. */
export function bash(...commands: string[]): Answer {
  return {
    kind: 'tools',
    calls: commands.map((command) => ({ name: 'bash', input: { command, timeout: null } })),
  };
}

/** The text of everything that the n-th request holds from the user (1 for the first). */
export function userText(api: MessagesApi, n: number): string {
  const messages = api.requests[n - 1]?.body.messages ?? [];
  return JSON.stringify(messages.filter(({ role }) => role === 'user'));
}
