/** Answers a command by mail, without a model call; what it changes is written together with the answer. */
import type { Command } from '@tinyfat/core';
import { type Run, setCurrentSession } from '@tinyfat/database';
import { agentAddress, type ConsumerDeps, type Work } from '../consumer.ts';
import { readConfig, scopeOf } from '../job/agent-setup.ts';
import { settleJob } from '../job/settle-job.ts';
import { hostMail } from '../mails/host-mail.ts';
import { clear } from './clear.ts';
import type { CommandAnswer, CommandContext } from './context.ts';
import { help } from './help.ts';
import { model } from './model.ts';
import { resume } from './resume.ts';
import { status } from './status.ts';

export async function answerCommand(
  deps: ConsumerDeps,
  work: Work,
  { run, command }: { run: Run; command: Exclude<Command, { name: 'compact' }> },
): Promise<void> {
  const { config } = await readConfig(deps, work.agent.id);
  const context: CommandContext = { deps, work, config, scope: scopeOf(config, work) };
  const answer = await answerTo(context, command);
  const { letter } = answer;
  const footer = `${agentAddress(deps, work.agent)} answered /${command.name} without its model.`;
  const reply = await hostMail(deps, work, { runId: run.id, kind: 'command', letter, footer });
  await settleJob(deps, work, {
    runId: run.id,
    run: { status: 'done', finished_at: deps.clock() },
    deliveries: [reply],
    mail:
      reply.state === 'awaiting_approval'
        ? { state: 'awaiting_approval', reason: reply.reason ?? '' }
        : { state: 'queued', reason: 'The command is done; its answer is being sent.' },
    also: {
      // The job's lease is lock enough: one mail of the agent at a time changes its sessions.
      locks: [],
      async write(tx) {
        const { sessionId } = answer;
        if (sessionId === undefined) return;
        const { scope } = context;
        await setCurrentSession(tx, { agentId: work.agent.id, scope, sessionId, at: deps.clock() });
      },
    },
  });
}

async function answerTo(
  context: CommandContext,
  command: Exclude<Command, { name: 'compact' }>,
): Promise<CommandAnswer> {
  switch (command.name) {
    case 'clear':
      return await clear(context);
    case 'resume':
      return await resume(context, command.hash);
    case 'model':
      return await model(context, command.model);
    case 'status':
      return await status(context);
    case 'help':
      return help(context, command);
  }
}
