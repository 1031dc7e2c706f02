import { openSentMail } from '@tinyfat/testing/sent-mail';
import { expect, it } from 'vitest';
import { currentSession, openSession, setCurrentSession } from './sessions.ts';

it('those that begin a session at one moment get the same one, which stays until another takes its place', async () => {
  const { db, close } = await openSentMail();
  const open = (sessionId: string) => openSession(db, { agentId: 'scout', scope: 's', sessionId, at: 1 });
  const ids = new Set(await Promise.all(Array.from({ length: 10 }, (_, at) => open(`session-${at}`))));
  expect([...ids]).toEqual([await currentSession(db, 'scout', 's')]);
  await setCurrentSession(db, { agentId: 'scout', scope: 's', sessionId: 'other', at: 2 });
  expect(await open('more')).toBe('other');
  await close();
});
