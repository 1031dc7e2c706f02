/**
 * Entry of a worker thread. Each operation loads its libraries when it is first asked for, so the first
 * mail waits for no library that it does not need. What every mail needs is loaded ahead, in steps, so that
 * a mail that comes right after the start waits for no more than it needs.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { loading, started } from './loading.ts';
import type { LoadedPart, Posted, Reply, Task, TaskResult } from './tasks.ts';

const port = parentPort;
if (port === null) throw new Error('This file is the entry of a worker thread.');

port.on('message', ({ id, task }: Posted) => {
  // What is thrown is a bug, or the end of the thread's memory.
  work(task, () => port.postMessage({ id, begun: true } satisfies Reply)).then(
    (answer) => port.postMessage({ id, answer } satisfies Reply),
    (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      port.postMessage({ id, reason } satisfies Reply);
    },
  );
});
started(workerData);

async function work(task: Task, begin: () => void): Promise<TaskResult> {
  switch (task.operation) {
    case 'load':
      await load(task.part);
      return { operation: 'load' };
    case 'inspect': {
      const { inspect } = await loading(() => import('../inspect/inspect.ts'));
      begin();
      return { operation: 'inspect', result: await inspect(task.raw, task.request) };
    }
    case 'read': {
      const { readMail } = await loading(() => import('../read/read-mail.ts'));
      begin();
      return { operation: 'read', result: await readMail(task.raw, task.plain) };
    }
    case 'report': {
      const { readReport } = await loading(() => import('../reports/read-report.ts'));
      begin();
      return { operation: 'report', result: readReport(task.raw) };
    }
    case 'compose': {
      const { compose } = await loading(() => import('../compose/compose.ts'));
      begin();
      return { operation: 'compose', result: await compose(task.mail, task.plain) };
    }
    case 'check-outbox': {
      const { parseOutboxMail } = await loading(() => import('@tinyfat/core'));
      begin();
      return { operation: 'check-outbox', result: parseOutboxMail(new TextDecoder().decode(task.raw)) };
    }
    case 'record-outbox': {
      const { outboxRecord } = await loading(() => import('@tinyfat/core'));
      begin();
      const { result, fallback } = task.record;
      const source = { mark: task.mark, raw: task.raw };
      return { operation: 'record-outbox', result: outboxRecord(source, result, fallback) };
    }
  }
}

async function load(part: LoadedPart): Promise<void> {
  switch (part) {
    case 'inspect':
      await loading(() => import('../inspect/inspect.ts'));
      break;
    case 'read':
      await loading(() => import('../read/read-mail.ts'));
      break;
    case 'compose':
      await loading(() => import('../read/html-body.ts'));
      await loading(() => import('../compose/compose.ts'));
      await loading(() => import('../read/attachments.ts'));
      await loading(() => import('file-type'));
  }
}
