import { describe, expect, it } from 'vitest';
import { newestOfFamily, resolveModel } from './models.ts';

const named = (...ids: string[]) => ids.map((id) => ({ id, name: id.toUpperCase() }));

/** As in pi 1.6.0, in its order. */
const KNOWN = named(
  'claude-fable-5',
  'claude-fable-5-1',
  'claude-fable-5-2',
  'claude-haiku-4-5',
  'claude-haiku-4-5-20251001',
  'claude-haiku-5-5',
  'claude-opus-4-5',
  'claude-opus-4-5-20251101',
  'claude-opus-4-6',
  'claude-opus-4-7',
  'claude-opus-4-8',
  'claude-opus-5',
  'claude-opus-5-5',
  'claude-sonnet-4-5',
  'claude-sonnet-4-5-20250929',
  'claude-sonnet-4-6',
  'claude-sonnet-5',
  'claude-sonnet-5-5',
);

describe('resolveModel', () => {
  it.each([
    ['haiku', 'claude-haiku-5-5'],
    ['sonnet', 'claude-sonnet-5-5'],
    ['opus', 'claude-opus-5-5'],
    [' OPUS ', 'claude-opus-5-5'],
    ['claude-opus-4-6', 'claude-opus-4-6'],
    ['Claude-Haiku-4-5-20251001', 'claude-haiku-4-5-20251001'],
    ['claude-fable-5', 'claude-fable-5'],
  ])('%j is %s', (wanted, id) => {
    expect(resolveModel(wanted, KNOWN)).toMatchObject({ ok: true, model: { id } });
    expect(resolveModel(wanted, KNOWN.toReversed())).toMatchObject({ ok: true, model: { id } });
  });

  it.each(['', 'fable', 'claude', 'claude-haiku', 'gpt-5', 'haiku 4.5', 'constructor'])(
    'refuses %j with the names that there are',
    (wanted) => {
      const result = resolveModel(wanted, KNOWN);
      expect(result).toMatchObject({
        ok: false,
        reason: expect.stringContaining('haiku, sonnet, opus, claude-fable-5, claude-fable-5-1'),
      });
    },
  );

  it('does not offer an alias that names nothing', () => {
    expect(resolveModel('opus', named('claude-haiku-4-5'))).toEqual({
      ok: false,
      meant: null,
      reason: 'There is no model of that name. There are: haiku, claude-haiku-4-5.',
    });
  });

  it.each([
    ['sonet', 'sonnet'],
    ['hiaku', 'haiku'],
    ['claude-opus-4-9', 'claude-opus-4-5'],
    ['claude-fable', 'claude-fable-5'],
  ])('asks whether %j means %s', (wanted, meant) => {
    expect(resolveModel(wanted, KNOWN)).toMatchObject({
      ok: false,
      meant,
      reason: expect.stringMatching(new RegExp(`^There is no model of that name. Did you mean ${meant}\\?`)),
    });
  });

  it('does not print hundreds of names', () => {
    const many = named(...Array.from({ length: 300 }, (_, i) => `model-${i}`));
    expect(resolveModel('x', many)).toMatchObject({ reason: expect.stringMatching(/and 260 more\.$/) });
  });
});

describe('newestOfFamily', () => {
  it.each([
    [
      ['claude-3-haiku-20240307', 'claude-3-5-haiku-20241022', 'claude-haiku-4-5-20251001'],
      'claude-haiku-4-5-20251001',
    ],
    [['claude-haiku-4-5-20251001', 'claude-haiku-4-5'], 'claude-haiku-4-5'],
    [['claude-haiku-4-5', 'claude-haiku-4-5-20261231'], 'claude-haiku-4-5'],
    [['claude-haiku-4-5-20250101', 'claude-haiku-4-5-20251001'], 'claude-haiku-4-5-20251001'],
    [['claude-haiku-4-9', 'claude-haiku-4-10'], 'claude-haiku-4-10'],
    [['claude-haiku-4', 'claude-haiku-4-1'], 'claude-haiku-4-1'],
    [['claude-haiku-5', 'claude-haiku-4-9-20261231'], 'claude-haiku-5'],
    [['claude-3-5-haiku-latest', 'claude-3-haiku-20240307'], 'claude-3-5-haiku-latest'],
    [['claude-haiku-4-5', 'claude-haiku-9-preview', 'claude-haiku-9-fast-1'], 'claude-haiku-4-5'],
    [['my-haiku-99', 'claude-haiku-4-5'], 'claude-haiku-4-5'],
  ])('of %j is %s', (ids, newest) => {
    expect(newestOfFamily('haiku', named(...ids))?.id).toBe(newest);
    expect(newestOfFamily('haiku', named(...ids.toReversed()))?.id).toBe(newest);
  });

  it('is undefined when there is none', () => {
    expect(newestOfFamily('opus', named('claude-haiku-4-5'))).toBeUndefined();
  });
});
