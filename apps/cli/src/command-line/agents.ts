/** Commands about agents: who they are, who may write to them, what they may cost. */
import { command, type Group, json } from '../command.ts';

const ENTRY = 'ADDR|@DOMAIN|@*.DOMAIN';

export const agentGroup: Group = {
  summary: 'agents, each with an address of its own',
  commands: {
    create: command({
      summary: 'make an agent, which then has an address',
      words: ['NAME'],
      options: {
        owner: { value: 'ADDR', required: 'here', text: 'who owns it, may write to it, and pays' },
        allow: { value: 'ENTRY', many: true, text: `who else may write: ${ENTRY}` },
        model: { value: 'MODEL', text: 'the model that it begins with, such as haiku, sonnet or opus' },
      },
      examples: ['tinyfat agent create scout --owner you@example.org --allow @team.example.org'],
      load: async () => (await import('../commands/agent.ts')).createAgent,
    }),
    list: command({
      summary: 'list agents',
      options: json,
      examples: ['tinyfat agent list'],
      load: async () => (await import('../commands/agent.ts')).listAgents,
    }),
    show: command({
      summary: 'show an agent: who may write, where its folder is, what it cost',
      words: ['NAME'],
      options: json,
      examples: ['tinyfat agent show scout'],
      load: async () => (await import('../commands/agent.ts')).showAgent,
    }),
    set: command({
      summary: "change an agent's owner, model, name in From, egress, or to whom it may write",
      words: ['NAME'],
      options: {
        owner: { value: 'ADDR', text: 'who owns it, may write to it, and pays from now on; admins only' },
        model: { value: 'MODEL', text: 'such as haiku, sonnet or opus; or default, what the operator chose' },
        'display-name': { value: 'TEXT', text: 'stands in From of its mail; empty: its name does' },
        egress: {
          value: 'none|public|HOSTS',
          text: 'what its turns may reach (egress); hosts with commas between',
        },
        outbound: {
          value: 'known|ask|anyone',
          text: 'to whom it may write without asking: people it knows, nobody, anyone (admins only)',
        },
      },
      notes:
        'A new owner takes the place of the former one on the list of those who may write, and sees everything that there is of the agent. Model and egress count from the next turn on, outbound at once.',
      examples: [
        'tinyfat agent set scout --model opus --display-name "Scout of Example Ltd."',
        "tinyfat agent set scout --egress 'api.example.com,*.example.org'",
      ],
      load: async () => (await import('../commands/agent.ts')).setAgent,
    }),
    pause: command({
      summary: 'let the mail of an agent wait: it is taken, and nothing is done about it',
      words: ['NAME'],
      notes: 'Commands by mail wait too. A turn that runs goes on to its end.',
      examples: ['tinyfat agent pause scout'],
      load: async () => (await import('../commands/pause-agent.ts')).pauseAgent,
    }),
    resume: command({
      summary: 'let a paused agent go on with what waited',
      words: ['NAME'],
      examples: ['tinyfat agent resume scout'],
      load: async () => (await import('../commands/pause-agent.ts')).resumeAgent,
    }),
    export: command({
      summary: 'write an agent into an archive: its settings and its folder',
      words: ['NAME', '[FILE]'],
      options: {
        'with-history': { text: 'also what is on record of its mails, runs and deliveries, as JSON' },
      },
      notes:
        'FILE is NAME.tinyfat-agent.tar unless it is named, and must not be there yet; - is standard output. It has no keys, no tokens and no secret addresses in it.',
      examples: ['tinyfat agent export scout scout.tar'],
      here: true,
      load: async () => (await import('../commands/move-agent.ts')).exportOne,
    }),
    import: command({
      summary: 'make an agent out of such an archive, with its memory and sessions',
      words: ['FILE'],
      options: {
        name: { value: 'NAME', text: 'what it is called here, if not as before' },
        owner: { value: 'ADDR', text: 'who owns it here, if not the owner of before' },
      },
      examples: ['tinyfat agent import scout.tar --name scout-2 --owner you@example.org'],
      here: true,
      load: async () => (await import('../commands/move-agent.ts')).importOne,
    }),
    delete: command({
      summary: "take an agent's address away; its folder stays",
      words: ['NAME'],
      options: { yes: { text: 'do not ask' } },
      examples: ['tinyfat agent delete scout'],
      load: async () => (await import('../commands/agent.ts')).deleteAgent,
    }),
  },
};

export const allowGroup: Group = {
  summary: 'who may write to an agent',
  commands: {
    add: command({
      summary: 'let somebody write to an agent',
      words: ['NAME', 'ENTRY'],
      notes: `ENTRY is ${ENTRY}: one address, a domain, or what lies below a domain.`,
      examples: ['tinyfat allow add scout ann@example.org', "tinyfat allow add scout '@*.example.org'"],
      load: async () => (await import('../commands/allow.ts')).addSender,
    }),
    remove: command({
      summary: 'let somebody write no longer',
      words: ['NAME', 'ENTRY'],
      examples: ['tinyfat allow remove scout ann@example.org'],
      load: async () => (await import('../commands/allow.ts')).removeSender,
    }),
    list: command({
      summary: 'list who may write to an agent',
      words: ['NAME'],
      options: json,
      examples: ['tinyfat allow list scout'],
      load: async () => (await import('../commands/allow.ts')).listSenders,
    }),
  },
};

export const addressGroup: Group = {
  summary: 'secret addresses, for senders who can not sign',
  commands: {
    create: command({
      summary: 'make a secret address; it is shown this once',
      words: ['NAME'],
      options: { note: { value: 'TEXT', default: '', text: 'whom it is for' } },
      examples: ["tinyfat address create scout --note 'the printer'"],
      load: async () => (await import('../commands/address.ts')).createAddress,
    }),
    list: command({
      summary: 'list the secret addresses of an agent',
      words: ['NAME'],
      options: json,
      examples: ['tinyfat address list scout'],
      load: async () => (await import('../commands/address.ts')).listAddresses,
    }),
    revoke: command({
      summary: 'end a secret address',
      words: ['NAME', 'ID'],
      examples: ['tinyfat address revoke scout 019ac8f2-51d3'],
      load: async () => (await import('../commands/address.ts')).revokeAddress,
    }),
  },
};

const owner = { value: 'ADDR', text: 'all agents of this owner together' } as const;

export const budgetGroup: Group = {
  summary: 'what a month may cost',
  commands: {
    set: command({
      summary: 'cap what a calendar month (UTC) may cost',
      words: ['NAME', '[USD]'],
      options: { owner },
      forms: ['NAME USD', '--owner ADDR USD'],
      examples: ['tinyfat budget set scout 5', 'tinyfat budget set --owner you@example.org 20'],
      load: async () => (await import('../commands/budget.ts')).setBudget,
    }),
    show: command({
      summary: 'show what is spent, set aside and left',
      words: ['[NAME]'],
      options: { owner, ...json },
      examples: ['tinyfat budget show', 'tinyfat budget show scout'],
      load: async () => (await import('../commands/budget.ts')).showBudgets,
    }),
    remove: command({
      summary: 'take a cap away',
      words: ['[NAME]'],
      options: { owner },
      forms: ['NAME', '--owner ADDR'],
      examples: ['tinyfat budget remove scout'],
      load: async () => (await import('../commands/budget.ts')).removeBudget,
    }),
  },
};

export const skillGroup: Group = {
  summary: 'what an agent was taught: folders with a SKILL.md',
  commands: {
    add: command({
      summary: 'give an agent a skill, in the place of the one of that name',
      words: ['NAME', 'PATH'],
      notes:
        'PATH is a folder or a zip archive with a SKILL.md, which begins with a front matter that has a description and, if not that of the folder, a name. Which files are programs is kept; hidden files are left out; links are refused. At most 200 files, 10 MiB together.',
      examples: ['tinyfat skill add scout ./my-skill', 'tinyfat skill add scout my-skill.zip'],
      load: async () => (await import('../commands/skill.ts')).addSkill,
    }),
    list: command({
      summary: 'list the skills of an agent',
      words: ['NAME'],
      options: json,
      examples: ['tinyfat skill list scout'],
      load: async () => (await import('../commands/skill.ts')).listSkills,
    }),
    remove: command({
      summary: 'take a skill away, with all its files',
      words: ['NAME', 'SKILL'],
      examples: ['tinyfat skill remove scout my-skill'],
      load: async () => (await import('../commands/skill.ts')).removeSkill,
    }),
  },
};
