import { changeAgentConfig, parseAgentConfig } from '@tinyfat/core';
import { duringLock } from '@tinyfat/testing/during-lock';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Outbox, openOutbox, workOf } from '../test-support/outbox.ts';
import type { CommandContext } from './context.ts';
import { model } from './model.ts';

let outbox: Outbox;
beforeEach(async () => {
  outbox = await openOutbox();
});
afterEach(() => outbox.close());

it('changes the model alone, whatever else is changed over the API at that moment', async () => {
  const { folders, db } = outbox.deps;
  const models = ['claude-haiku-4-5', 'claude-opus-4-5'].map((id) => ({ id, name: id }));
  const deps = { ...outbox.deps, models, defaultModel: 'claude-haiku-4-5' };
  const config = { model: null, sessionScope: 'agent' };
  const work = await workOf(outbox, 'mail');
  const context = { deps, work, config, scope: 'agent' } as unknown as CommandContext;
  const text = async () => {
    const file = await folders.read('scout', 'config.json', 1000);
    return file.ok ? new TextDecoder().decode(file.bytes) : null;
  };
  let before: string | null = null;
  const first = async () => {
    before = await text();
  };
  const last = () =>
    folders.write('scout', 'config.json', changeAgentConfig(before, { session_scope: 'thread' }));
  await duringLock(db, ['files:scout'], { first, last }, () => model(context, 'claude-opus-4-5'));
  expect(parseAgentConfig(await text()).config).toEqual({
    model: 'claude-opus-4-5',
    sessionScope: 'thread',
  });
});
