/** Commands about everything together: copies of it, and moving it. */
import { command, type Group } from '../command.ts';

export const backupCommand = command({
  summary: 'write everything into one archive, also while the server runs',
  words: ['FILE'],
  options: {
    'with-keys': { value: 'FILE', text: 'the keys of the server, into a file of their own' },
    wait: { value: 'SECONDS', default: '60', text: 'how long to wait for turns that are under way (60)' },
  },
  notes:
    'FILE is a tar archive, and must not be there yet; - is standard output. It holds the database as of one moment, raw mail, and the folders of agents, but no keys: without those of --with-keys nobody can open the stored keys of providers. Keep that file elsewhere.',
  examples: ['tinyfat backup /backup/tinyfat.tar --with-keys /root/tinyfat.keys'],
  here: true,
  load: async () => (await import('../commands/backup.ts')).backup,
});

export const restoreCommand = command({
  summary: 'make everything of a backup, in an empty data folder',
  words: ['FILE'],
  options: { keys: { value: 'FILE', text: 'the file of backup --with-keys' } },
  notes:
    'FILE is an archive of tinyfat backup; - is standard input. Mail that waited to be sent when it was made is not sent by itself: it is listed, and tinyfat outbox retry ID sends it.',
  examples: ['tinyfat restore /backup/tinyfat.tar --keys /root/tinyfat.keys'],
  here: true,
  load: async () => (await import('../commands/restore.ts')).restore,
});

export const dbGroup: Group = {
  summary: 'the database as a whole',
  commands: {
    copy: command({
      summary: 'copy all rows into an empty database, on SQLite or Postgres',
      options: {
        from: {
          value: 'URL|PATH',
          required: true,
          text: 'where the rows are; a file, a data folder, postgres://..., or DATABASE_URL',
        },
        to: { value: 'URL|PATH', required: true, text: 'where they are to be' },
      },
      notes:
        'Stop the server first. Every table is compared in the end. Cut off at any point, the same command goes on where it was. A password in a command line can be seen by others on this machine: write DATABASE_URL for the database that this variable names. Not through a pooler in transaction mode: DATABASE_DIRECT_URL, where set, is used in its place.',
      examples: ['tinyfat db copy --from /var/lib/tinyfat --to DATABASE_URL'],
      here: true,
      load: async () => (await import('../commands/db.ts')).copyDb,
    }),
  },
};
