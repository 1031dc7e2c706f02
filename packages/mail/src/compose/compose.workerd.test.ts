import { describe, expect, it } from 'vitest';
import { readMail } from '../read/read-mail.ts';
import { outgoing } from '../test-support/outgoing.ts';
import { compose } from './compose.ts';

async function composed(mail: ReturnType<typeof outgoing>) {
  const made = await compose(mail, false);
  if (!made.ok) throw new Error(made.reason);
  return made.raw;
}

describe('in workerd', () => {
  it('composes Markdown and attachments, which are read again', async () => {
    const content = new TextEncoder().encode('1;2');
    const attachments = [{ filename: 'a.csv', contentType: 'text/csv', content }];
    const raw = await composed(outgoing({ body: 'Hi **Ann**,\n\n- one\n- two', attachments }));
    const text = new TextDecoder().decode(raw);
    expect(text).toContain('Message-ID: <answer-1@agents.test>');
    expect(text).toContain('<strong>Ann</strong>');
    expect(await readMail(raw, false)).toMatchObject({
      ok: true,
      content: {
        text: expect.stringContaining('- one'),
        attachments: [{ filename: 'a.csv', content }],
      },
    });
  });

  it('composes a letter', async () => {
    const blocks = [{ kind: 'code', code: '123456' }] as const;
    const raw = await composed(outgoing({ body: { heading: 'Sign in', blocks } }));
    expect(new TextDecoder().decode(raw)).toContain('123456');
  });

  it('refuses a recipient that is two', async () => {
    const to = [{ address: 'a@example.com, b@example.com', name: '' }];
    expect(await compose(outgoing({ to }), false)).toMatchObject({ ok: false });
  });
});
