/** Entry of a worker thread. It loads a module only when it is told to, so that the main thread knows when it may end. */
import { parentPort } from 'node:worker_threads';
import { nodeResolver } from '../dns.ts';
import type { Operations, Posted, Reply, Task, ThreadModule } from './operations.ts';

const port = parentPort;
if (port === null) throw new Error('This file is the entry of a worker thread.');
const post = (reply: Reply) => port.postMessage(reply);

const modules = {
  inspect: once(() => import('../../inspect/inspect.ts')),
  authenticate: once(() => import('../../authenticate/sender-evidence.ts')),
  read: once(() => import('../../read/read-mail.ts')),
  report: once(() => import('../../reports/read-report.ts')),
  compose: once(() => import('../../compose/compose.ts')),
  composed: once(() => import('../../read/read-composed.ts')),
  outbox: once(() => import('@tinyfat/core')),
  view: once(() => import('../../view/view-mail.ts')),
  viewHtml: once(() => import('../../view/view-html.ts')),
  viewPart: once(() => import('../../view/view-parts.ts')),
} satisfies Record<ThreadModule, () => Promise<unknown>>;

const operations: Operations = {
  async inspect(raw, request, dnsServers) {
    const { inspect } = await modules.inspect();
    return await inspect(raw, request, async (...about) => {
      const { senderEvidence } = await modules.authenticate();
      return await senderEvidence(...about, () => nodeResolver(dnsServers, request.dns.budgetMs));
    });
  },
  read: async (raw, plain) => (await modules.read()).readMail(raw, plain),
  report: async (raw) => (await modules.report()).readReport(raw),
  compose: async (mail, plain) => (await modules.compose()).compose(mail, plain),
  readComposed: async (raw) => (await modules.composed()).readComposed(raw),
  checkOutbox: async (raw) => (await modules.outbox()).parseOutboxMail(new TextDecoder().decode(raw)),
  recordOutbox: async (raw, mark, result, fallback) =>
    (await modules.outbox()).outboxRecord({ mark, raw }, result, fallback),
  view: async (raw) => (await modules.view()).viewMail(raw),
  viewHtml: async (raw) => (await modules.viewHtml()).viewHtml(raw),
  viewPart: async (raw, number) => (await modules.viewPart()).viewPart(raw, number),
};

port.on('message', (posted: Posted) => {
  if ('load' in posted) {
    const done = () => post({ loaded: posted.load });
    modules[posted.load]().then(done, done);
    return;
  }
  const { id, task } = posted;
  run(id, task).then(
    (answer) => post({ id, answer }),
    // What is thrown is a bug, a module that cannot be loaded, or the end of the thread's memory.
    (error: unknown) => post({ id, reason: error instanceof Error ? error.message : String(error) }),
  );
});
post({ loaded: 'start' });

async function run(id: number, { operation, args, modules: needed }: Task): Promise<unknown> {
  for (const name of needed) await modules[name]();
  post({ id, begun: true });
  return await Reflect.apply(operations[operation], operations, args);
}

function once<Module>(load: () => Promise<Module>): () => Promise<Module> {
  let loading: Promise<Module> | undefined;
  return () => {
    loading ??= load();
    return loading;
  };
}
