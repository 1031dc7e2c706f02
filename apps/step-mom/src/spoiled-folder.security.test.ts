/** Whatever the agent put in the place of what a turn reads or writes, the mail is answered, and the owner is told. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inOrder, makeTurn } from './test-support/fixture.ts';
import { runId, sessionId, type TurnFolder } from './test-support/turn-folder.ts';

const olga = { email: { from: { address: 'Olga@example.org', name: '' } } };
const skill = (name: string) => `---\nname: ${name}\ndescription: About ${name}.\n---\nDo it.`;
const replace = (path: string) => rmSync(path, { recursive: true, force: true });
const pipe = (path: string) => execFileSync('mkfifo', [path]);
const sparse = (path: string, bytes: number) => {
  writeFileSync(path, '---\n');
  truncateSync(path, bytes);
};

/** A turn of the owner over a folder with one good skill; gives the reply and what the model and the events were told. */
async function turnOver(spoil: (folder: TurnFolder) => void) {
  const { api, folder } = await makeTurn(inOrder({ kind: 'text', text: 'Answered.' }));
  mkdirSync(join(folder.data, 'skills/good'), { recursive: true });
  writeFileSync(join(folder.data, 'skills/good/SKILL.md'), skill('good'));
  spoil(folder);
  const outcome = await folder.take(olga);
  expect(outcome).toMatchObject({ ok: true });
  const warnings = folder.events().flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  const body = folder.reply()?.body ?? '';
  expect(body).toMatch(/^Answered\./);
  return { folder, outcome, body, warnings, system: JSON.stringify(api.requests[0]?.body.system) };
}

describe('skills', () => {
  test('a link to / in their place is moved aside, and the owner reads so', async () => {
    const { folder, body, warnings, system } = await turnOver(({ data }) => {
      replace(join(data, 'skills'));
      symlinkSync('/', join(data, 'skills'));
    });
    expect(warnings).toEqual([expect.stringContaining('/data/skills was a link')]);
    expect(body).toContain(warnings[0]);
    expect(system).toContain('/data/skills was a link');
    expect(readdirSync(join(folder.data, 'skills'))).toEqual([]);
    expect(readdirSync(folder.data).filter((name) => name.startsWith('skills.in-the-way-'))).toHaveLength(1);
  });

  test.each<[string, (skills: string) => void, RegExp]>([
    ['a link to /', (skills) => symlinkSync('/', join(skills, 'a')), /skills\/a, a link, was left out/],
    ['a loop', (skills) => symlinkSync('..', join(skills, 'good/../loop')), /skills\/loop, a link/],
    [
      'a SKILL.md that is a pipe',
      (skills) => {
        mkdirSync(join(skills, 'a'));
        pipe(join(skills, 'a/SKILL.md'));
      },
      /skills\/a\/SKILL\.md is no plain file and was left out/,
    ],
    [
      'a SKILL.md that is a link',
      (skills) => {
        mkdirSync(join(skills, 'a'));
        symlinkSync('/dev/zero', join(skills, 'a/SKILL.md'));
      },
      /skills\/a\/SKILL\.md is a link/,
    ],
    [
      'a SKILL.md without end',
      (skills) => {
        mkdirSync(join(skills, 'a'));
        sparse(join(skills, 'a/SKILL.md'), 500_000_000_000);
      },
      /skills\/a\/SKILL\.md has 500000000000 bytes/,
    ],
    [
      'a front matter without end',
      (skills) => writeFileSync(join(skills, 'a.md'), `---\nx: ${'y'.repeat(900_000)}\n---\n`),
      /skills\/a\.md has a front matter of more than/,
    ],
    [
      'a pipe in the place of a SKILL.md of all',
      (skills) => pipe(join(skills, 'SKILL.md')),
      /skills\/SKILL\.md is no plain file/,
    ],
    [
      'a rule file that is a pipe',
      (skills) => {
        pipe(join(skills, '.gitignore'));
        symlinkSync('x', join(skills, 'b'));
      },
      /skills\/b, a link/,
    ],
    [
      'folders without end',
      (skills) =>
        mkdirSync(join(skills, 'a', ...Array.from({ length: 200 }, () => 'd')), { recursive: true }),
      /nested deeper than 6 folders/,
    ],
    [
      'thousands of entries',
      (skills) => {
        mkdirSync(join(skills, 'z'));
        for (let number = 0; number < 5100; number += 1) writeFileSync(join(skills, 'z', `${number}`), '');
      },
      /skills has more than 5000 entries; the rest was left out/,
    ],
    [
      'a name that is no UTF-8',
      (skills) => mkdirSync(Buffer.from(`${skills}/\xff`, 'latin1')),
      /whose name is not UTF-8, was left out/,
    ],
  ])('%s is left out; the turn works with the others', async (_, spoil, told) => {
    const { body, warnings, system } = await turnOver(({ data }) => spoil(join(data, 'skills')));
    expect(system).toContain('<name>good</name>');
    expect(system).toMatch(told);
    expect(warnings.join('\n')).toMatch(told);
    expect(body).toMatch(told);
  });

  test('a hundred skills with long descriptions take a bounded part of the prompt', async () => {
    const { system } = await turnOver(({ data }) => {
      for (let number = 0; number < 150; number += 1) {
        mkdirSync(join(data, `skills/s${number}`));
        const text = `---\nname: s${number}\ndescription: ${'x'.repeat(10_000)}\n---\n`;
        writeFileSync(join(data, `skills/s${number}/SKILL.md`), text);
      }
    });
    expect(system.match(/<skill>/g)).toHaveLength(100);
    expect(system.length).toBeLessThan(150_000);
    expect(system).toContain('one of more than 100 skills');
  });
});

describe('other files and folders', () => {
  test.each<[string, (path: string) => void, RegExp]>([
    ['a link', (path) => symlinkSync('/dev/zero', path), /MEMORY\.md is a link/],
    ['a pipe', pipe, /MEMORY\.md is no plain file/],
    ['a folder', (path) => mkdirSync(path), /MEMORY\.md is a folder/],
  ])('%s as MEMORY.md is not read', async (_, spoil, told) => {
    const { body, system } = await turnOver(({ data }) => spoil(join(data, 'MEMORY.md')));
    expect(body).toMatch(told);
    expect(system).toContain('MEMORY.md are empty');
  });

  test('of a MEMORY.md without end the beginning is read', async () => {
    const { system } = await turnOver(({ data }) => sparse(join(data, 'MEMORY.md'), 900_000_000_000));
    expect(system).toContain('MEMORY.md has 900000000000 bytes');
  });

  test.each(['sessions', 'outbox', 'outbox/email', 'outbox/failed', 'events'])(
    'a link, a pipe or a file in the place of %s is moved aside',
    async (name) => {
      for (const spoil of [
        (path: string) => symlinkSync('/', path),
        pipe,
        (path: string) => writeFileSync(path, 'x'),
      ]) {
        const { folder, body } = await turnOver(({ data }) => {
          replace(join(data, name));
          spoil(join(data, name));
        });
        expect(body).toContain(`/data/${name} was `);
        expect(lstatSync(join(folder.data, name)).isDirectory()).toBe(true);
      }
    },
  );

  test.each<[string, (path: string) => void, string]>([
    ['a pipe', pipe, 'is no plain file'],
    ['a link', (path) => symlinkSync('/dev/zero', path), 'is a link'],
    ['too large', (path) => sparse(path, 700_000_000_000), 'has 700000000000 bytes'],
  ])('a session that is %s begins anew', async (_, spoil, told) => {
    const file = `2026-01-01T00-00-00-000Z_${sessionId}.jsonl`;
    const { body, outcome } = await turnOver(({ data }) => spoil(join(data, 'sessions', file)));
    expect(body).toContain(`/data/sessions/${file} ${told}, so the conversation begins anew.`);
    expect(outcome.ok && outcome.session_file).not.toBe(file);
  });

  test('what the turn itself does to its outbox and its session costs no answer', async () => {
    const command = 'rm -r outbox/email sessions/* && ln -s /tmp outbox/email';
    const { folder } = await makeTurn(
      inOrder(
        { kind: 'tools', calls: [{ name: 'bash', input: { command, timeout: null } }] },
        { kind: 'text', text: 'Answered.' },
      ),
    );
    const outcome = await folder.take(olga);
    expect(outcome).toMatchObject({ ok: true, reply: 'written' });
    expect(folder.reply()?.body).toContain('/data/outbox/email was a link');
  });

  test('a folder or a pipe where the reply goes is no obstacle', async () => {
    const { folder } = await turnOver(({ outbox }) => {
      mkdirSync(join(outbox, `${runId}.json`));
      pipe(join(outbox, `.${runId}.tmp`));
    });
    expect(existsSync(join(folder.outbox, `${runId}.json`))).toBe(true);
  });

  test('people who are not the owner get the answer alone', async () => {
    const { folder } = await makeTurn(inOrder({ kind: 'text', text: 'Answered.' }));
    symlinkSync('/', join(folder.data, 'skills'));
    await folder.take();
    expect(folder.reply()?.body).toBe('Answered.');
    expect(folder.events().map(({ type }) => type)).toContain('warning');
  });
});
