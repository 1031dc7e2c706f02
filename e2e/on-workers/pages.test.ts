/**
 * The dashboard on Workers: every page of a small firm, a form of each kind, the stream of a running turn, sign-in by mail and
 * by an OpenID provider, and what the crons do. How pages look is tested on one machine.
 */
import { readTar } from '@tinyfat/storage/tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, type FirmOnWorkers, firmOnWorkers, signInByProvider } from '../support/cloudflare/firm.ts';
import { eventually } from '../support/eventually.ts';
import { OWNER } from '../support/firm.ts';
import { PAGES } from '../support/firm-pages.ts';
import type { Visitor } from '../support/visitor.ts';

const OF_ADMINS = [
  '/settings/server',
  '/settings/server?stop=ask',
  '/settings/server/owners',
  '/settings/server/webhooks',
  '/settings/retention?look=now',
];
const DAY_MS = 86_400_000;
const MOST_BYTES = 100_000;

describe('the dashboard on Workers', () => {
  let here: FirmOnWorkers;
  let owner: Visitor;
  let admin: Visitor;
  beforeAll(async () => {
    here = await firmOnWorkers();
    ({ owner } = here);
    admin = here.nobody();
  }, 300_000);
  afterAll(() => here?.dispose());

  /** The value of a hidden field of a page. */
  const field = (page: string, name: string) =>
    new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1] ?? '';
  const done = (path: string) => expect.objectContaining({ status: 303, location: path });
  const pageOf = async (who: Visitor, path: string) => {
    const page = await who.get(path);
    expect([path, page.status]).toEqual([path, 200]);
    for (const part of ['<main', '<h1', '</html>']) expect(page.text).toContain(part);
    // A refusal of something that the page asked for.
    expect([path, /role="alert".{0,300}/s.exec(page.text)?.[0]]).toEqual([path, undefined]);
    expect(page.bytes.length).toBeLessThan(MOST_BYTES);
    return page.text;
  };

  it('shows its owner every page, with the files and frames in it', async () => {
    const linked = new Set<string>();
    for (const [, path] of PAGES) {
      const page = await pageOf(owner, path(here.ids));
      for (const [, link = ''] of page.matchAll(/(?:src|href)="([^"]*(?:\/view|\/parts\/|\.csv)[^"]*)"/g))
        linked.add(link.replaceAll('&amp;', '&'));
    }
    for (const [file] of (await pageOf(owner, '/usage')).matchAll(/\/_astro\/[^"]+/g)) linked.add(file);
    expect([...linked].join(' ')).toMatch(/\/view.*\/parts\/.*\.csv/s);
    for (const link of linked) {
      const { status, bytes } = await owner.get(link);
      expect([link, status, bytes.length > 0]).toEqual([link, 200, true]);
    }
    expect((await here.nobody().get('/mails')).location).toBe('/sign-in?to=%2Fmails');
  });

  it('lets an admin in by an OpenID provider, and shows them the server', async () => {
    expect(await signInByProvider(admin, here.openId)).toBe('/settings/server');
    for (const path of OF_ADMINS) await pageOf(admin, path);
    const health = await pageOf(admin, '/settings/server');
    for (const words of ['The server takes and does work', 'bindings', 'bucket', 'database', 'Workers'])
      expect(health).toContain(words);
    expect(health).not.toContain('tinyfat doctor');
    expect((await pageOf(admin, '/settings')).includes(ADMIN)).toBe(true);
    expect((await owner.get('/settings/server')).status).toBe(404);
  });

  it('streams a turn while it runs, until its end', async () => {
    const run = await owner.stream(`/api/v1/runs/${here.ids.runningRun}/events`);
    expect(await run.until('"type":"tool_result"')).toContain('"status":"running"');
    here.model.release('report');
    const text = await run.until('event: end');
    for (const part of ['Eleven were free', '"type":"end"', '"status":"done"']) expect(text).toContain(part);
    expect(await run.isOver()).toBe(true);
    const first = await owner.stream('/api/v1/agents/scout/first-mail');
    expect(await first.until('"state"')).toContain('"state":"replied"');
    await first.leave();
  });

  it('mails an owner the link to a held answer, which is approved and leaves once sending is on again', async () => {
    await here.cron('platform');
    const notice = await here.mailTo(OWNER, /crane/);
    const [, link = ''] = /https:\/\/agents\.test(\/decide\?token=\S+)/.exec(notice.text ?? '') ?? [];
    expect((await here.nobody().get(link)).text).toContain('May this mail go out?');

    const switched = (action: string) => admin.post('/settings/server', { action });
    expect(await switched('stop')).toEqual(done('/settings/server?done=stopped'));
    const path = `/approvals/${here.ids.held}`;
    const digest = field(await pageOf(owner, path), 'digest');
    expect((await owner.post(path, { digest, does: 'approve' })).status).toBe(303);
    await here.cron('queue');
    const letters = () =>
      here.resend.sent.filter(({ email }) => email.to.includes('accounts@nordlys.example'));
    expect(letters()).toEqual([]);
    expect((await here.nobody().get(link)).text).toContain('It is decided');
    expect(await pageOf(admin, '/')).toContain('All sending is stopped');
    expect(await switched('resume')).toEqual(done('/settings/server?done=resumed'));
    await here.cron('queue');
    await eventually(() => letters().length).toBe(1);
    expect(letters()[0]?.email.attachments).toMatchObject([{ filename: 'invoice-2041-lines.csv' }]);
  });

  it('takes the forms of an agent', async () => {
    const entry = 'guest@lodge.example';
    expect(await owner.post('/agents/concierge/senders', { action: 'add', entry })).toEqual(
      done('/agents/concierge/senders?done=added'),
    );
    expect(await pageOf(owner, '/agents/concierge/senders')).toContain(entry);
    expect(await owner.post('/agents/billing', { action: 'pause' })).toEqual(
      done('/agents/billing?done=paused'),
    );
    expect(await pageOf(owner, '/agents/billing')).toContain('value="resume"');

    const memory = '/agents/billing/files/MEMORY.md';
    const tag = field(await pageOf(owner, memory), 'tag')
      .replaceAll('&quot;', '"')
      .replaceAll('&#34;', '"');
    const save = (text: string) => owner.post(memory, { tag, text });
    expect(await save('Nordlys\r\nbills twice.')).toEqual(done(`${memory}?done=saved`));
    expect((await owner.get('/api/v1/agents/billing/memory')).text).toBe('Nordlys\nbills twice.');
    const late = await save('Something else.');
    expect([late.status, late.text.includes('bills twice.')]).toEqual([412, true]);
  });

  it('takes a file, gives it back, and all files of a folder', async () => {
    const put = async (agent: string, name: string, bytes: Uint8Array<ArrayBuffer>) => {
      const form = new FormData();
      form.append('file', new File([bytes], name));
      return await owner.post(`/agents/${agent}/files`, form);
    };
    const large = new Uint8Array(300_000).map((_, at) => at * at);
    expect(await put('billing', 'ledger.bin', large)).toEqual(done('/agents/billing/files?done=put'));
    const back = await owner.get('/api/v1/agents/billing/files/ledger.bin');
    expect([back.status, Buffer.compare(back.bytes, large)]).toEqual([200, 0]);

    expect((await put('concierge', 'rooms.txt', new TextEncoder().encode('two'))).status).toBe(303);
    const archive = await owner.get('/api/v1/agents/concierge/archive');
    const names: string[] = [];
    for await (const entry of readTar(bodyOf(archive.bytes))) names.push(entry.header.path);
    expect(names).toEqual(expect.arrayContaining(['concierge/MEMORY.md', 'concierge/rooms.txt']));
  });

  it('sends a test mail and an alert by the cron of the queue', async () => {
    expect(await owner.post('/settings/mail', { action: 'test' })).toEqual(done('/settings/mail?done=test'));
    expect((await owner.post('/agents/scout/settings', { action: 'budget', monthly: '0.001' })).status).toBe(
      303,
    );
    await here.cron('queue');
    await here.mailTo(OWNER, /test/i);
    await here.mailTo(OWNER, /budget/i);
    await eventually(async () => await pageOf(owner, '/settings/mail')).toContain('handed over');
  });

  it('finds what was there before the search, once the cron has read it', async () => {
    const find = async () => await pageOf(owner, '/search?q=Ystad');
    expect(await find()).toContain('Ferries to Bornholm');
    await here.db.deleteFrom('search_documents').execute();
    await here.db.insertInto('search_backfills').values({ kind: 'mail', at: Date.now(), id: '' }).execute();
    expect(await find()).not.toContain('Ferries to Bornholm');
    await here.cron('queue');
    expect(await find()).toContain('Ferries to Bornholm');
  });

  it('removes what its time is over for by the cron of the hour', async () => {
    const { refusedMail } = here.ids;
    const old = Date.now() - 40 * DAY_MS;
    await here.db.updateTable('mails').set({ received_at: old }).where('id', '=', refusedMail).execute();
    const raw = async () => (await owner.get(`/api/v1/mails/${refusedMail}/raw`)).status;
    expect(await raw()).toBe(200);
    await here.cron('queue', Math.floor(Date.now() / 3_600_000) * 3_600_000);
    expect(await raw()).toBe(409);
    expect((await owner.get(`/mails/${refusedMail}?view=text`)).text).toContain('was removed on');
    expect(await pageOf(admin, '/settings/retention')).toContain('Last run');
  });

  it('meets no fault on the way', () => {
    const faults = here.workers.logs().filter((line) => /"level":"error"|_fault|[Uu]ncaught/.test(line));
    expect(faults).toEqual([]);
  });
});

async function* bodyOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
