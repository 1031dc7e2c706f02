/**
 * Entry of a worker thread. Each operation loads its libraries when it is first asked for, so the first
 * mail waits for no library that it does not need. What every mail needs is loaded ahead, in steps, so that
 * a mail that comes right after the start waits for no more than it needs.
 */
import type { LoadedPart, Task, TaskResult } from './tasks.ts';

/** Does one task. What it throws is a bug or the end of the thread's memory. */
export default async function work(task: Task): Promise<TaskResult> {
  switch (task.operation) {
    case 'load':
      await load(task.part);
      return { operation: 'load' };
    case 'inspect': {
      const { inspect } = await import('../inspect/inspect.ts');
      return { operation: 'inspect', result: await inspect(task.raw, task.request) };
    }
    case 'read': {
      const { readMail } = await import('../read/read-mail.ts');
      return { operation: 'read', result: await readMail(task.raw, task.plain) };
    }
    case 'report': {
      const { readReport } = await import('../reports/read-report.ts');
      return { operation: 'report', result: readReport(task.raw) };
    }
    case 'compose': {
      const { compose } = await import('../compose/compose.ts');
      return { operation: 'compose', result: await compose(task.mail, task.plain) };
    }
  }
}

async function load(part: LoadedPart): Promise<void> {
  switch (part) {
    case 'inspect':
      await import('../inspect/inspect.ts');
      break;
    case 'read':
      await import('../read/read-mail.ts');
      break;
    case 'compose':
      await import('../read/split-quoted.ts');
      await import('../compose/compose.ts');
      await import('../read/attachments.ts');
      await import('file-type');
  }
}
