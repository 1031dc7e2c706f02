/** Workers are shared between owners: whoever floods the server with slow turns holds up nobody else. */
import { describe, expect, it } from 'vitest';
import { sendMail } from './support/mail.ts';
import { startStory } from './support/story.ts';

describe('two agents of one owner who flood the server', async () => {
  const { model, server } = await startStory({
    environment: { WORKERS: '2' },
    agents: { flood: [], deluge: [] },
  });
  const created = await server.cli(['agent', 'create', 'victim', '--owner', 'ann@example.com']);
  expect(created.code).toBe(0);
  const flood = async (agent: string, from: number, to: number) => {
    for (let number = from; number < to; number++) {
      const text = `[[gate: ${agent}-${number}]] [[reply: ${agent} ${number}.]]`;
      await sendMail(server, { to: `${agent}@tinyfat.localhost`, text });
    }
  };
  const ask = (text: string) =>
    sendMail(server, { from: 'ann@example.com', to: 'victim@tinyfat.localhost', text });
  const asked = (text: string) => model.requests.filter(({ body }) => JSON.stringify(body).includes(text));

  it('have all workers while nobody else waits', async () => {
    for (const agent of ['flood', 'deluge']) await flood(agent, 0, 4);
    await Promise.all(['flood-0', 'deluge-0'].map((gate) => model.arrived(gate)));
  });

  it('leave the next turn that starts to somebody else who waits', async () => {
    await ask('[[gate: victim-0]] [[reply: victim 0.]]');
    model.release('flood-0');
    await model.arrived('victim-0');
    // The only turn that has started since is the victim's.
    expect(asked('flood-1')).toEqual([]);
    expect(asked('deluge-1')).toEqual([]);
  });

  it('again and again', async () => {
    for (const number of [1, 2]) {
      await ask(`[[gate: victim-${number}]] [[reply: victim ${number}.]]`);
      model.release(`victim-${number - 1}`);
      await model.arrived(`victim-${number}`);
    }
    expect(asked('flood-1')).toEqual([]);
    model.release('victim-2');
    await model.arrived('flood-1');
    for (const number of [0, 1, 2, 3]) {
      model.release(`flood-${number}`);
      model.release(`deluge-${number}`);
    }
    expect(await server.answers(11)).toHaveLength(11);
  });
});
