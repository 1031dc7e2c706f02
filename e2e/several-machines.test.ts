/** One installation on several machines: each with a folder of its own, and one database and one bucket between them. */

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type AnthropicStandIn, startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { type S3StandIn, startS3StandIn } from '@tinyfat/testing/stand-ins/s3/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onPostgres } from './support/engine.ts';
import { sendMail } from './support/mail.ts';
import { makePlace, type Place, runCli, type ServerProcess, serverProcess } from './support/tinyfat.ts';

const to = 'scout@tinyfat.localhost';
const key = () => randomBytes(32).toString('base64');

interface Machine {
  place: Place;
  process: ServerProcess;
}

// SQLite is a file of one machine.
describe.skipIf(!onPostgres)('several machines', () => {
  let model: AnthropicStandIn;
  let bucket: S3StandIn;
  let common: Record<string, string>;
  let front: Machine;
  let workers: readonly [Machine, Machine];
  beforeAll(async () => {
    model = await startAnthropicStandIn();
    bucket = await startS3StandIn();
    const settings = {
      STORAGE: `s3://${bucket.bucket}`,
      STORAGE_ENDPOINT: bucket.url,
      STORAGE_REGION: 'auto',
      STORAGE_ACCESS_KEY_ID: bucket.accessKeyId,
      STORAGE_SECRET_ACCESS_KEY: bucket.secretAccessKey,
      STORAGE_TURN_CREDENTIALS: 'r2',
      ANTHROPIC_API_KEY: 'k',
      ANTHROPIC_BASE_URL: model.url,
      MASTER_KEYS: `k1:${key()}`,
      SIGN_IN_KEY: `s1:${key()}`,
    };
    const place = await makePlace({ agents: { scout: [] }, environment: settings });
    const { DATABASE_URL = '', DATABASE_DIRECT_URL = '' } = place.environment;
    common = { ...settings, DATABASE_URL, DATABASE_DIRECT_URL };
    front = { place, process: serverProcess(['--role', 'smtp'], place.environment) };
    const worker = async (): Promise<Machine> => {
      const own = await makePlace({ environment: common });
      return { place: own, process: serverProcess(['--role', 'worker'], own.environment) };
    };
    workers = [await worker(), await worker()];
    await front.process.start();
    await workers[0].process.start();
  });
  afterAll(async () => {
    for (const machine of [front, ...(workers ?? [])]) {
      await machine?.process.kill('SIGTERM');
    }
    for (const machine of [...(workers ?? []), front]) await machine?.place.dispose();
    await bucket?.close();
    await model?.close();
  });

  const send = (text: string) => sendMail({ host: front.place.host, smtpPort: 2525 }, { to, text });
  const repliesOf = async ({ place, process }: Machine, count: number) =>
    (await place.answers(count, [process])).map(({ text }) => text?.split('\n')[0]);

  it('a mail that one took is answered by another, which finds message, memory and session', async () => {
    await send('Remember mango. [[reply: Noted.]]');
    expect(await repliesOf(workers[0], 1)).toEqual(['Noted.']);
    await send('What was it? [[reply: Mango.]]');
    expect(await repliesOf(workers[0], 2)).toEqual(['Noted.', 'Mango.']);
    expect(JSON.stringify(model.requests.at(-1)?.body)).toContain('Remember mango.');
    for (const { place } of [front, ...workers])
      expect(existsSync(join(place.dataDir, 'agents'))).toBe(false);
  });

  it('a machine that dies in a turn: another makes it again, with all that was before', async () => {
    await send('[[gate: dying]] [[reply: By the other one.]]');
    await model.arrived('dying');
    await workers[1].process.start();
    await workers[0].process.kill('SIGKILL');
    await model.arrived('dying', 2);
    model.release('dying');
    expect(await repliesOf(workers[1], 1)).toEqual(['By the other one.']);
    expect(JSON.stringify(model.requests.at(-1)?.body)).toContain('Remember mango.');
    expect(await front.place.json(['runs', 'scout'])).toMatchObject([
      { status: 'done', attempt: 2 },
      { status: 'done', attempt: 1 },
      { status: 'done', attempt: 1 },
    ]);
  });

  it.each([
    ['another bucket folder', () => ({ STORAGE: `s3://${bucket.bucket}/elsewhere` }), 'storage'],
    ['other master keys', () => ({ MASTER_KEYS: `k1:${key()}` }), 'master key'],
  ])('one with %s does not start', async (_what, change, names) => {
    const place = await makePlace({ environment: { ...common, ...change() } });
    const { code, stderr } = await runCli(['start', '--role', 'worker'], place.environment);
    expect([code, stderr.toLowerCase()]).toEqual([1, expect.stringContaining(names)]);
    expect(stderr).toContain('To mend it: ');
    await place.dispose();
  });
});
