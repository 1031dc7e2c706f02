/** Commands about an installation on Cloudflare. */
import { command, type Group } from '../command.ts';

const name = {
  value: 'NAME',
  default: 'tinyfat',
  text: 'before the names of everything that it has there (tinyfat)',
} as const;

export const deployGroup: Group = {
  summary: 'an installation on Cloudflare and Postgres',
  commands: {
    cloudflare: command({
      summary: 'make an installation on Cloudflare, or bring it up to date',
      options: {
        name,
        'dry-run': { text: 'print the plan and bundle the Workers, and ask nobody for anything' },
        'instance-type': {
          value: 'TYPE',
          default: 'standard-1',
          text: 'how large the container of a turn is (standard-1)',
          choices: ['lite', 'basic', 'standard-1', 'standard-2', 'standard-3', 'standard-4'],
        },
        adopt: { text: 'take this database and these keys for those of the installation' },
        'most-turns': { value: 'NUMBER', default: '20', text: 'turns at once, over all agents (20)' },
      },
      notes:
        'Settings come from the environment: CLOUDFLARE_API_TOKEN, DATABASE_URL, MAIL_DOMAIN and others (docs/cloudflare.md). Each step looks first and does what is missing: after one that failed the same command goes on. Needs Docker, which builds the image of the containers.',
      examples: ['tinyfat deploy cloudflare --dry-run', 'tinyfat deploy cloudflare'],
      here: true,
      load: async () => (await import('../commands/deploy-cloudflare.ts')).deployCloudflare,
    }),
  },
};

export const destroyGroup: Group = {
  summary: 'take an installation away from Cloudflare',
  commands: {
    cloudflare: command({
      summary: 'remove Workers, queues and connections from Cloudflare',
      options: {
        name,
        yes: { text: 'do not ask; for programs' },
      },
      notes:
        'Names all that it would remove, and asks. The database, and the bucket with mails and folders of agents, stay: it says how to remove them.',
      examples: ['tinyfat destroy cloudflare'],
      here: true,
      load: async () => (await import('../commands/destroy-cloudflare.ts')).destroyCloudflare,
    }),
  },
};
