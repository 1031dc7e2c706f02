import type { ErrorDescription } from './describe.ts';

/** Why the Postgres database at DATABASE_URL can not be used. docs/supabase.md has each of them. */
export const databaseErrors = {
  database_unreachable: {
    sentence: 'The database gave no answer.',
    nextStep:
      'Check host and port in DATABASE_URL and DATABASE_DIRECT_URL, that the server runs, and that this machine has IPv6 where the host has nothing else (the direct host of Supabase: take the session pooler). It is asked again by itself; nothing that was accepted is lost.',
  },
  database_sign_in: {
    sentence: 'The database does not let this user in.',
    nextStep:
      'Check user and password in DATABASE_URL and DATABASE_DIRECT_URL; signs such as @ : / # % in a password are written as % and two digits. At the pooler of Supabase the user is postgres.PROJECT.',
  },
  database_absent: {
    sentence: 'There is no database of that name on the server.',
    nextStep: 'Name one that is there after the last slash of DATABASE_URL, or make it: createdb NAME',
  },
  database_connections: {
    sentence: 'The database has no connection left for this program.',
    nextStep:
      'Take the transaction pooler in DATABASE_URL, or raise the number of connections of the server or the pooler; each process takes up to ten.',
  },
  database_certificate: {
    sentence: 'The certificate of the database is not trusted, or is made for another name.',
    nextStep:
      'Name the file with the certificate of its authority in DATABASE_TLS_CA (Supabase: Database Settings, SSL Configuration, Download certificate), and the host in DATABASE_URL as the certificate has it.',
  },
  database_no_tls: {
    sentence: 'The database does not encrypt its connections, and this one leaves the machine.',
    nextStep:
      'Turn TLS on at the server (ssl = on). Only where nobody else is on the way, add ?sslmode=disable to DATABASE_URL and DATABASE_DIRECT_URL.',
  },
  database_rights: {
    sentence: 'The database does not allow this user what the program needs.',
    nextStep:
      'Sign in as the owner of the database, who may create tables in its schema: alter database NAME owner to USER; grant create on schema public to USER.',
  },
  database_read_only: {
    sentence: 'The database can be read but not written.',
    nextStep:
      'Free or add space (Supabase makes a full project read-only: Database Settings, Disk size), or name the primary server, not a replica.',
  },
  database_foreign: {
    sentence: 'The database holds tables of something else; nothing was changed.',
    nextStep: 'Give tinyfat a database of its own: its tables are closed to every other role.',
  },
  database_older: {
    sentence: 'The database has not been upgraded for this version of the program.',
    nextStep:
      'Run tinyfat deploy cloudflare, which upgrades the database before it deploys. Nothing that was accepted is lost meanwhile.',
  },
  database_differs: {
    sentence: 'DATABASE_URL and DATABASE_DIRECT_URL lead to different databases.',
    nextStep: 'Take both from the same project, with the same name of a database at the end.',
  },
  database_other_role: {
    sentence: 'The user of DATABASE_URL does not see the rows of the tables.',
    nextStep: 'Sign in as the same user in DATABASE_URL and DATABASE_DIRECT_URL, who owns the tables.',
  },
} as const satisfies Record<string, ErrorDescription>;
