/** The command line, against the same folder while the server runs. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendMail } from './support/mail.ts';
import { MAIN, startTinyfat, type Tinyfat } from './support/tinyfat.ts';

describe('the command line', () => {
  let server: Tinyfat;
  beforeAll(async () => {
    server = await startTinyfat({ agents: { scout: [] } });
  });
  afterAll(() => server?.dispose());

  it('makes, shows and deletes agents beside the running server', async () => {
    expect(
      (
        await server.cli([
          'agent',
          'create',
          'extra',
          '--owner',
          'owner@example.com',
          '--allow',
          '@team.example',
          '--model',
          'opus',
        ])
      ).code,
    ).toBe(0);
    expect((await server.cli(['agent', 'create', 'extra', '--owner', 'owner@example.com'])).stderr).toContain(
      'of that name already',
    );
    expect((await server.json(['agent', 'list'])).map((agent: { address: string }) => agent.address)).toEqual(
      ['extra@tinyfat.localhost', 'scout@tinyfat.localhost'],
    );
    expect((await server.json(['agent', 'show', 'extra'])).allowed).toEqual([
      '@team.example',
      'owner@example.com',
    ]);
    await sendMail(server, {
      to: 'extra@tinyfat.localhost',
      from: 'x@team.example',
      subject: '/status',
      text: '',
    });
    expect((await server.answers(1))[0]?.text).toMatch(/claude-opus/);
    expect(await server.cli(['agent', 'delete', 'extra'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('add --yes'),
    });
    expect((await server.cli(['agent', 'delete', 'extra', '--yes'])).code).toBe(0);
    await expect(sendMail(server, { to: 'extra@tinyfat.localhost', text: 'x' })).rejects.toThrow(/550/);
  });

  it('changes the name in From and the model of what an agent sends, at once', async () => {
    const set = ['agent', 'set', 'scout', '--display-name', 'Scout, of Ann', '--model', 'opus'];
    expect((await server.cli(set)).code).toBe(0);
    await sendMail(server, { to: 'scout@tinyfat.localhost', subject: '/status', text: '' });
    const [, answer] = await server.answers(2);
    expect(answer?.raw).toContain('From: "Scout, of Ann" <scout@tinyfat.localhost>\r\n');
    expect(answer?.text).toMatch(/claude-opus/);
    const back = ['agent', 'set', 'scout', '--display-name', '', '--model', 'default'];
    expect((await server.cli(back)).code).toBe(0);
  });

  it('changes who may write, at once', async () => {
    const mail = { to: 'scout@tinyfat.localhost', from: 'new@example.net', subject: '/help', text: '' };
    await expect(sendMail(server, mail)).rejects.toThrow(/550/);
    expect((await server.cli(['allow', 'add', 'scout', 'New@Example.net'])).stdout).toContain(
      'new@example.net may write',
    );
    await sendMail(server, mail);
    expect(
      (await server.json(['allow', 'list', 'scout'])).map((row: { entry: string }) => row.entry),
    ).toContain('new@example.net');
    expect((await server.cli(['allow', 'remove', 'scout', 'new@example.net'])).code).toBe(0);
    await expect(sendMail(server, mail)).rejects.toThrow(/550/);
    await server.answers(3);
  });

  it('send --wait prints the answer of the demo model, which says what it is and how to get a real one', async () => {
    const file = join(server.dataDir, 'plan.txt');
    writeFileSync(file, 'launch on Friday');
    const words = [
      'send',
      '--to',
      'scout@tinyfat.localhost',
      '--from',
      'owner@example.com',
      '--subject',
      'Hi',
      '--attach',
      file,
      '--wait',
    ];
    const sent = await server.cli(words, 'What is in your folder?');
    expect(sent.stderr).toBe('');
    expect(sent.code).toBe(0);
    expect(sent.stdout).toContain('plan.txt');
    expect(sent.stdout).toContain('demo model');
    expect(sent.stdout).toContain('ANTHROPIC_API_KEY');
  });

  it('send says what the server said and how to be let in, and exits 1', async () => {
    const refused = await server.cli(
      ['send', '--to', 'scout', '--from', 'eve@example.net', '--subject', 'x'],
      'x',
    );
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('550');
    expect(refused.stderr).toContain('tinyfat allow add scout eve@example.net');
    const nobody = await server.cli(
      ['send', '--to', 'nobody', '--from', 'eve@example.net', '--subject', 'x'],
      'x',
    );
    expect(nobody.stderr).toContain('tinyfat agent list');
  });

  it('refuses bad words with exit code 2 and says what to write', async () => {
    for (const words of [
      ['nonsense'],
      ['agent'],
      ['agent', 'create', 'x'],
      ['send'],
      ['outbox', 'burn', 'x'],
      ['runs', '--what'],
    ]) {
      const refused = await server.cli(words);
      expect([words, refused.code]).toEqual([words, 2]);
      expect(refused.stderr).toContain('tinyfat');
    }
    expect(
      (await server.cli(['agent', 'create', 'postmaster', '--owner', 'o@example.com'])).stderr,
    ).toContain('reserved');
    expect((await server.cli(['allow', 'add', 'scout', '*@example.com'])).code).toBe(2);
    expect((await server.cli(['runs', 'nobody'])).code).toBe(1);
  });

  it('doctor finds everything that matters in order', async () => {
    const findings = await server.json(['doctor']);
    const states = Object.fromEntries(
      findings.map((one: { check: string; state: string }) => [one.check, one.state]),
    );
    expect(states).toMatchObject({
      node: 'ok',
      build: 'ok',
      sandbox: 'ok',
      'data folder': 'ok',
      database: 'ok',
      'smtp port': 'ok',
      'http port': 'ok',
      deliveries: 'ok',
      model: 'note',
    });
    expect(findings[0]).toEqual({
      check: 'node',
      state: 'ok',
      found: process.version,
      mend: null,
      run: null,
    });
  });

  it('refuses a second server on the folder, and bad settings by name', async () => {
    const second = await server.cli(['start']);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain('Another tinyfat is running');
    const start = (environment: Record<string, string>) => {
      try {
        execFileSync(process.execPath, [MAIN, 'start'], {
          env: { PATH: process.env.PATH, ...environment },
          stdio: 'pipe',
        });
        return '';
      } catch (error) {
        return String((error as { stderr: Buffer }).stderr);
      }
    };
    expect(start({ PORT: '99999' })).toContain('PORT');
    expect(start({ HOST: '0.0.0.0' })).toContain('PUBLIC_URL');
    expect(start({ SMTP_URL: 'http://user:hunter2@x' })).toMatch(/SMTP_URL(?!.*hunter2)/);
    expect(start({ DATABASE_URL: 'postgres://x' })).toContain('DATABASE_URL');
  });
});
