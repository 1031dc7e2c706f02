/** The whole command line. */
import { addressGroup, agentGroup, allowGroup, budgetGroup, skillGroup } from './agents.ts';
import { deployGroup, destroyGroup } from './cloudflare.ts';
import type { Table } from './find.ts';
import { mailsGroup, outboxGroup, runGroup, runsGroup, sendCommand, webhooksCommand } from './mail.ts';
import { backupCommand, dbGroup, restoreCommand } from './move.ts';
import { accountGroup, keyGroup, tokenGroup } from './people.ts';
import {
  completionCommand,
  demoCommand,
  doctorCommand,
  helpCommand,
  retentionCommand,
  sendingGroup,
  startCommand,
} from './server.ts';

/** In the order of the help. */
export const TABLE: Table = {
  start: startCommand,
  demo: demoCommand,
  doctor: doctorCommand,
  agent: agentGroup,
  allow: allowGroup,
  address: addressGroup,
  skill: skillGroup,
  budget: budgetGroup,
  send: sendCommand,
  mails: mailsGroup,
  runs: runsGroup,
  run: runGroup,
  outbox: outboxGroup,
  sending: sendingGroup,
  webhooks: webhooksCommand,
  account: accountGroup,
  key: keyGroup,
  token: tokenGroup,
  retention: retentionCommand,
  backup: backupCommand,
  restore: restoreCommand,
  db: dbGroup,
  deploy: deployGroup,
  destroy: destroyGroup,
  completion: completionCommand,
  help: helpCommand,
};
