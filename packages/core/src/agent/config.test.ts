import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeAgentConfig, parseAgentConfig } from './config.ts';

const defaults = { model: null, sessionScope: 'agent' };

describe('parseAgentConfig', () => {
  it.each([
    [null, defaults],
    ['{}', defaults],
    ['\ufeff{"model":null}', defaults],
    ['{"model":"haiku","session_scope":"thread"}', { model: 'haiku', sessionScope: 'thread' }],
    ['{"model":" claude-haiku-4-5 ","theme":"dark"}', { model: 'claude-haiku-4-5', sessionScope: 'agent' }],
  ])('reads %j', (text, config) => {
    expect(parseAgentConfig(text)).toEqual({ config, warnings: [] });
  });

  it.each([
    ['{"model":7}', defaults, ['config.json: "model" must be the name of a model; the default is used.']],
    ['{"model":"a b; rm"}', defaults, [expect.stringContaining('"model"')]],
    [
      '{"model":"haiku","session_scope":"all"}',
      { model: 'haiku', sessionScope: 'agent' },
      ['config.json: "session_scope" must be "agent", "sender" or "thread"; "agent" is used.'],
    ],
    ['{"session_scope":["thread"]}', defaults, [expect.stringContaining('"session_scope"')]],
    ['{', defaults, [expect.stringContaining('not a JSON object')]],
    ['[]', defaults, [expect.stringContaining('not a JSON object')]],
    ['"haiku"', defaults, [expect.stringContaining('not a JSON object')]],
    ['', defaults, [expect.stringContaining('not a JSON object')]],
    ['null', defaults, [expect.stringContaining('not a JSON object')]],
  ])('falls back for %j and says so', (text, config, warnings) => {
    expect(parseAgentConfig(text)).toEqual({ config, warnings });
  });

  it('never throws, and repeats nothing of the file in its warnings', () => {
    fc.assert(
      fc.property(
        fc.record({ model: fc.jsonValue(), session_scope: fc.jsonValue(), ['__proto__']: fc.jsonValue() }),
        (file) => {
          const { config, warnings } = parseAgentConfig(JSON.stringify(file));
          expect(['agent', 'sender', 'thread']).toContain(config.sessionScope);
          for (const warning of warnings)
            expect(warning).toMatch(
              /^config\.json(?:: "(?:model|session_scope)" must be .* is used| is not a JSON object).*\.$/,
            );
        },
      ),
    );
  });
});

it('can be changed whatever it holds, also what is nested too deep to be written again', () => {
  const deep = `{"x":${'['.repeat(30_000)}${']'.repeat(30_000)}}`;
  expect(JSON.parse(changeAgentConfig(deep, { model: 'opus' }))).toEqual({ model: 'opus' });
  expect(parseAgentConfig(deep).warnings).toEqual([expect.stringContaining('nested too deep')]);
});
