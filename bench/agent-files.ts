/** What an agent can leave in its folder, and what that does to everybody else. */
import { mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { sendMail } from '../e2e/support/mail.ts';
import { startTinyfat } from '../e2e/support/tinyfat.ts';
import { NO_LIMITS } from './measure.ts';
import { type Standstill, standstill } from './standstill.ts';

const SMALL_FILES = 9000;
const SPARSE_FILES = 600;
const SPARSE_BYTES = 24_900_000;
/** `{"body":"x","z":[{},{},…]}` of 24 MB. */
const EMPTY_OBJECTS = 8_000_000;
const SESSIONS = 9900;

/** In `outbox/email` before a mail comes, and written in a turn. */
export type Flood = { leftOver: Standstill; inTurn: Standstill };

export interface AgentFileFigures {
  smallFiles: Flood;
  sparseFiles: Flood;
  objects: Flood;
  /** `/resume 0` with so many names in `sessions/`. */
  sessions: Standstill;
}

/** Measures each on a server of its own. */
export async function measureAgentFiles(): Promise<AgentFileFigures> {
  const name = (index: number) => `m${String(index).padStart(5, '0')}.json`;
  const range = (length: number) => Array.from({ length }, (_, index) => index);
  return {
    smallFiles: await flood(
      (email) => {
        for (const index of range(SMALL_FILES)) writeFileSync(join(email, name(index)), '{"body":"x"}');
      },
      `for i in $(seq 10000 ${9999 + SMALL_FILES}); do echo '{"body":"x"}' > m$i.json; done`,
    ),
    sparseFiles: await flood(
      (email) => {
        for (const index of range(SPARSE_FILES)) {
          writeFileSync(join(email, name(index)), '');
          truncateSync(join(email, name(index)), SPARSE_BYTES);
        }
      },
      `for i in $(seq 1000 ${999 + SPARSE_FILES}); do truncate -s ${SPARSE_BYTES} m$i.json; done`,
    ),
    objects: await flood((email) => {
      writeFileSync(join(email, name(0)), `{"body":"x","z":[${'{},'.repeat(EMPTY_OBJECTS)}{}]}`);
    }, `{ printf '{"body":"x","z":['; yes '{},' | head -n ${EMPTY_OBJECTS} | tr -d '\\n'; printf '{}]}'; } > m.json`),
    sessions: await withServer(async (server, data) => {
      for (const index of range(SESSIONS)) {
        const time = new Date(Date.UTC(2026, 0, 1) + index * 1000).toISOString().replace(/[:.]/g, '-');
        const id = `01990000-0000-7000-8000-${index.toString(16).padStart(12, '0')}`;
        writeFileSync(join(data, 'sessions', `${time}_${id}.jsonl`), '');
      }
      return await standstill(server, async () => {
        await sendMail(server, { to: 'scout@tinyfat.localhost', subject: '/resume 0', text: '' });
        await server.answers(1);
      });
    }),
  };
}

type Server = Awaited<ReturnType<typeof startTinyfat>>;

async function flood(fill: (email: string) => void, command: string): Promise<Flood> {
  const to = 'scout@tinyfat.localhost';
  const leftOver = await withServer(async (server, data) => {
    fill(join(data, 'outbox/email'));
    return await standstill(server, async () => {
      await sendMail(server, { to, text: '[[reply: Done.]]' });
      await answered(server);
    });
  });
  const inTurn = await withServer(async (server) => {
    const tool = JSON.stringify({ command: `cd /data/outbox/email; ${command}` });
    return await standstill(server, async () => {
      await sendMail(server, { to, text: `[[tool: bash ${tool}]] [[reply: Done.]]` });
      await answered(server);
    });
  });
  return { leftOver, inTurn };
}

/** Until nothing waits any more: the files of what was refused are moved, and all mails are out. */
async function answered(server: Server): Promise<void> {
  for (;;) {
    await server.answers(1);
    const list: { state: string }[] = await server.json(['outbox', 'list', 'scout']);
    const open = list.filter(({ state }) => state === 'pending' || state === 'sending');
    if (open.length === 0 && outboxIsEmpty(server)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function outboxIsEmpty(server: Server): boolean {
  return readdirSync(join(folderOf(server), 'outbox/email')).length === 0;
}

function folderOf(server: Server): string {
  const agents = join(server.dataDir, 'agents');
  return join(agents, readdirSync(agents)[0] ?? '');
}

async function withServer<T>(measure: (server: Server, data: string) => Promise<T>): Promise<T> {
  const model = await startAnthropicStandIn();
  const server = await startTinyfat({
    environment: { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: model.url, LOG_LEVEL: 'error', ...NO_LIMITS },
    agents: { scout: [] },
  });
  try {
    mkdirSync(join(folderOf(server), 'outbox/email'), { recursive: true });
    return await measure(server, folderOf(server));
  } finally {
    await server.dispose();
    await model.close();
  }
}
