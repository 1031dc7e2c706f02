/** Tools run in the sandbox; attachments come in as files and go out of the agent's folder. */

import { describe, expect, it } from 'vitest';
import { startStory } from './support/story.ts';

/** A red dot. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg==',
  'base64',
);

describe('tools and attachments', async () => {
  const { model, server, ask: askWith } = await startStory();
  const ask = (text: string, attachments: { filename: string; content: Buffer | string }[] = []) =>
    askWith({ text, attachments });

  it('runs several tools one after the other and answers with what they gave', async () => {
    const reply = await ask(
      'Look. [[tool: bash {"command":"echo one > note.txt; pwd"}]] [[tool: read {"path":"/data/note.txt"}]] [[reply: It says: {output}]]',
    );
    expect(reply.text).toContain('It says: one');
    const [run] = await server.json(['runs', 'scout']);
    const { events } = await server.json(['run', 'show', run.id]);
    expect(
      events
        .filter((event: { type: string }) => event.type === 'tool_call')
        .map((event: { name: string }) => event.name),
    ).toEqual(['bash', 'read']);
    expect(events.find((event: { type: string }) => event.type === 'tool_result').output).toContain('/data');
  });

  it('puts attachments beside the mail, byte for byte, under safe names', async () => {
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251));
    const reply = await ask(
      'Sum. [[tool: bash {"command":"cd /inbox/attachments && ls -1 && sha256sum ..passwd passwd 2>/dev/null; sha256sum *"}]] [[reply: {output}]]',
      [
        { filename: '../../passwd', content: bytes },
        { filename: 'report.csv', content: 'a,b\n' },
        { filename: 'report.csv', content: 'c,d\n' },
      ],
    );
    const { createHash } = await import('node:crypto');
    expect(reply.text).toContain(createHash('sha256').update(bytes).digest('hex'));
    expect(reply.text).toContain('report.csv');
    expect(reply.text).toContain('report-2.csv');
    expect(reply.text).not.toContain('..');
  });

  it('can’t write to the inbox', async () => {
    const reply = await ask(
      'Try. [[tool: bash {"command":"touch /inbox/x 2>&1; echo x >> /inbox/input.json; echo done"}]] [[reply: {output}]]',
    );
    expect(reply.text).toMatch(/read-only file system/i);
  });

  it('shows images to the model', async () => {
    await ask('See. [[reply: A red dot.]]', [{ filename: 'dot.png', content: PNG }]);
    const body = JSON.stringify(model.requests.at(-1)?.body);
    expect(body).toContain('"type":"image"');
    expect(body).toContain(PNG.toString('base64'));
  });

  it('sends files that the agent attaches, by path and in base64', async () => {
    const mail = {
      body: 'Here they are.',
      attachments: [
        { path: '/data/out/result.bin' },
        { filename: 'inline.txt', content: Buffer.from('inline').toString('base64') },
      ],
      status: 'pending',
    };
    const make = `mkdir -p out && printf 'result %s' bytes > out/result.bin && cat > outbox/email/answer.json <<'END'\n${JSON.stringify(mail)}\nEND`;
    const reply = await ask(
      `Send. [[tool: bash ${JSON.stringify({ command: make })}]] [[reply: This text is not sent as well.]]`,
    );
    expect(reply.text).toContain('Here they are.');
    expect(reply.text).not.toContain('not sent as well');
    expect(reply.text).toContain('[scout:');
    expect(
      reply.attachments.map((one) => [one.filename, Buffer.from(one.content as ArrayBuffer).toString()]),
    ).toEqual([
      ['result.bin', 'result bytes'],
      ['inline.txt', 'inline'],
    ]);
  });

  it('reads its skills: its own and the platform’s', async () => {
    const reply = await ask(
      'Skill. [[tool: bash {"command":"mkdir -p skills/haiku && printf -- \'---\\nname: haiku\\ndescription: Writes seventeen syllables.\\n---\\nBe short.\\n\' > skills/haiku/SKILL.md; ls /opt/skills"}]] [[reply: {output}]]',
    );
    expect(reply.text).toContain('outgoing-mail');
    await ask('Now.');
    const body = JSON.stringify(model.requests.at(-1)?.body);
    expect(body).toContain('Writes seventeen syllables.');
    expect(body).toContain('outgoing-mail');
  });
});
