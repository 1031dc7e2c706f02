/** `tinyfat …`: finds the command, gives it its words, and turns what it says into an exit code. */
import { chooseServer, takeServerOptions } from './client/choose-server.ts';
import { onThisMachine } from './client/open-api.ts';
import { type Command, UsageError } from './commands/command.ts';
import { readConfig } from './config.ts';

type Load = () => Promise<Command>;

/** Loaded one at a time: a listing must not wait for the parts of a server. These work over --server, too. */
const ANYWHERE: Record<string, Load> = {
  agent: async () => (await import('./commands/agent.ts')).agentCommand,
  address: async () => (await import('./commands/address.ts')).addressCommand,
  allow: async () => (await import('./commands/allow.ts')).allowCommand,
  budget: async () => (await import('./commands/budget.ts')).budgetCommand,
  key: async () => (await import('./commands/key.ts')).keyCommand,
  runs: async () => (await import('./commands/runs.ts')).runsCommand,
  run: async () => (await import('./commands/runs.ts')).runCommand,
  mails: async () => (await import('./commands/mails.ts')).mailsCommand,
  token: async () => (await import('./commands/token.ts')).tokenCommand,
  outbox: async () => (await import('./commands/outbox.ts')).outboxCommand,
};

/** What works on the machine or its data folder itself. */
const HERE: Record<string, Load> = {
  start: async () => (await import('./commands/start.ts')).startCommand,
  demo: async () => (await import('./commands/demo.ts')).demoCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
  send: async () => (await import('./commands/send.ts')).sendCommand,
  account: async () => (await import('./commands/account.ts')).accountCommand,
  webhooks: async () => (await import('./commands/webhooks.ts')).webhooksCommand,
};

const COMMANDS = { ...ANYWHERE, ...HERE };

const USAGE = `tinyfat: an e-mail address for every agent

  start                          everything in one process
  demo                           shows it working on a throw-away folder
  doctor                         what works, what does not, and the line that mends it
  agent create NAME --owner ADDR [--allow ADDR|@DOMAIN|@*.DOMAIN]... [--model M]
  agent list | show NAME | delete NAME
  allow add|remove NAME ADDR | list NAME
  account list | sign-out ADDR   who has signed in on the pages; ends all sessions of one
  address create NAME [--note TEXT] | list NAME | revoke NAME ID      secret addresses, for senders who can't sign
  key set --owner ADDR [--provider anthropic]      the owner's own key pays for their agents; from standard input
  key list [--owner ADDR] | remove --owner ADDR [--provider anthropic] | rotate
  token create --owner ADDR [--name N] [--scope read|write|keys|tokens|admin]... [--expires DAYS|never]
  token list [--owner ADDR] | revoke ID              tokens of the JSON API
  budget set NAME USD | set --owner ADDR USD      what a month may cost: one agent, or all of an owner together
  budget show [NAME] | remove NAME | remove --owner ADDR
  send --to ADDR --from ADDR --subject S [--attach FILE]... [--wait [--timeout S]]   body from standard input
  runs [NAME] | run show ID      what agents did
  mails [NAME]                   every mail that came, with its verdict
  mails show ID | raw ID | release ID     what was checked, its bytes; lets a mail in that waits at the door
  mails discard ID | discard --all NAME   ends mails that wait at the door, without a turn
  outbox list [NAME] | retry ID | approve ID
  outbox suppressed [NAME] | unsuppress NAME ADDR       whom mail does not reach
  webhooks                       what mail providers told, and what waits or failed

agent, address, allow, key, token, budget, runs, run, mails and outbox also work on another machine's server:
  --server URL [--token-file FILE | --token TOKEN]      or TINYFAT_SERVER and TINYFAT_TOKEN: docs/api.md

Listings take --json. Settings come from the environment: docs/environment.md.`;

/** Runs one command line; gives the exit code: 0 ok, 1 failed, 2 usage. */
async function main(words: string[]): Promise<number> {
  let name: string | undefined;
  try {
    const taken = takeServerOptions(words);
    const [first, ...rest] = taken.words;
    name = first;
    if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
      console.log(USAGE);
      return name === undefined ? 2 : 0;
    }
    const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (!load) {
      console.error(`tinyfat: there is no command ${JSON.stringify(name)}\n\n${USAGE}`);
      return 2;
    }
    const read = readConfig(process.env);
    if (!read.ok) {
      for (const problem of read.problems) console.error(`tinyfat: ${problem}`);
      return 2;
    }
    const config = { ...read.config, client: await chooseServer(taken.options, read.config.client) };
    if (Object.hasOwn(HERE, name)) onThisMachine(config, name);
    const command = await load();
    return await command(rest, config);
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`tinyfat${name === undefined ? '' : ` ${name}`}: ${error.message}`);
      return 2;
    }
    throw error;
  }
}

// Modes are set where a file is made; folders of sandboxes must be readable whatever the caller's mask is.
process.umask(0o022);
process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return 1;
});
