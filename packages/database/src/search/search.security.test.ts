/** What strangers write into a mail, and what anybody types into the search box, is words and nothing else. */
import { processorClock } from '@tinyfat/testing/processor-ms';
import { openSentMail, type SentMail } from '@tinyfat/testing/sent-mail';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { indexDocument, MOST_SEARCHED_CHARACTERS } from './documents.ts';
import { searchDocuments } from './find.ts';
import { parseQuery } from './parse-query.ts';
import { snippetOf } from './snippet.ts';

const OWNER = { owner: 'owner@example.com' };

describe('a hostile search', () => {
  let mails: SentMail;
  beforeAll(async () => {
    mails = await openSentMail();
    await mails.mail('m1', {});
    await document('m1', 'plain words');
  });
  afterAll(() => mails.close());
  const document = (id: string, text: string, subject = 'subject') =>
    indexDocument(mails.db, {
      ...{ kind: 'mail', id, agentId: 'scout', at: 5, sender: 'ann@example.com', people: '[]' },
      ...{ subject, text },
    });
  async function search(text: string) {
    const parsed = parseQuery(text);
    if (!parsed.ok) return parsed.reason;
    const { agent: _, ...query } = parsed.query;
    const question = { ...query, agentId: null, since: null, until: null, below: null, limit: 20 };
    const found = await searchDocuments(mails.db, OWNER, question);
    return found.ok ? found.hits.map(({ id }) => id) : 'too much';
  }

  it.each([
    `plain' OR '1'='1`,
    `plain"; drop table search_documents; --`,
    'plain* AND NOT words OR',
    'NEAR(plain words, 5)',
    'words : plain',
    '{words} : ^plain',
    "plain':* | 'x",
    'plain & !words <-> x',
    '\\',
    '"',
    '\u0000plain',
    'plain -words',
    '\uE000akscout',
    'from:"\'" OR "',
    "state:'or",
  ])('%j is words', async (text) => {
    const found = await search(text);
    expect(Array.isArray(found) || typeof found === 'string').toBe(true);
  });

  it('of any characters breaks nothing, and finds nothing of others', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 80 }), async (text) => {
        const found = await search(text);
        if (Array.isArray(found)) for (const id of found) expect(id).toBe('m1');
      }),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 60) },
    );
    expect(await search('plain words ')).toEqual(['m1']);
  });

  it('text is bounded: its beginning is found, and a document of any characters is written', async () => {
    await document('long', `begin ${'word '.repeat(MOST_SEARCHED_CHARACTERS)} farend`);
    expect(await search('begin ')).toEqual(['long']);
    expect(await search('farend ')).toEqual([]);
    const many = Array.from({ length: 20_000 }, (_, n) => `w${n}`).join(' ');
    await document('many', many);
    const row = await mails.db
      .selectFrom('search_documents')
      .select(['body', 'words'])
      .where('source_id', '=', 'many')
      .executeTakeFirstOrThrow();
    expect(row.body.length).toBeLessThanOrEqual(MOST_SEARCHED_CHARACTERS);
    expect(row.words.split(' ').length).toBeLessThanOrEqual(3000);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), async (text) => {
        await document('m1', `plain words ${text}`, text);
      }),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 60) },
    );
    expect(await search('plain words ')).toContain('m1');
  });

  it('has snippets that take no longer for a text that is one word', () => {
    const processorMs = processorClock();
    for (const text of ['x'.repeat(16_000), '\u0301'.repeat(16_000), '字'.repeat(16_000), ' \n'.repeat(8000)])
      snippetOf(text, { words: ['needle'], beginning: 'nee' });
    expect(processorMs()).toBeLessThan(2000);
  });
});
