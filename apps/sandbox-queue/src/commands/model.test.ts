import { changeAgentConfig, parseAgentConfig } from '@tinyfat/core';
import { editFiles } from '@tinyfat/database';
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
  const setScope = (session_scope: 'thread' | 'sender') =>
    editFiles(db, 'scout', async () => {
      await folders.write('scout', 'config.json', changeAgentConfig(await text(), { session_scope }));
    });
  for (const [id, scope] of [
    ['claude-opus-4-5', 'thread'],
    ['claude-haiku-4-5', 'sender'],
    ['claude-opus-4-5', 'thread'],
    ['claude-haiku-4-5', 'sender'],
  ] as const) {
    await Promise.all([setScope(scope), model(context, id)]);
    expect(parseAgentConfig(await text()).config).toMatchObject({ model: id, sessionScope: scope });
  }
});
