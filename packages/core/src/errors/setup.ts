import type { ErrorDescription } from './describe.ts';

/** Why the system does not start, or a command line can't be followed. */
export const setupErrors = {
  port_in_use: {
    sentence: 'A port that should be listened on is taken.',
    nextStep: 'Stop the program that has it, or set PORT or SMTP_PORT to another one.',
  },
  database_newer: {
    sentence: 'The database belongs to a newer tinyfat than this one; nothing was changed.',
    nextStep:
      'Start the newer version again; or, to go back, stop everything and put the copy that its upgrade left beside the database (tinyfat.sqlite.before-...) in its place: what came since then is not in it.',
  },
  database_unfinished: {
    sentence: 'A copy or a restore into this database was not finished; nothing else opens it.',
    nextStep: 'Run the same command again: it goes on where it was. Or begin with an empty database.',
  },
  restore_unfinished: {
    sentence: 'A restore into the data folder was cut off; nothing else opens it.',
    nextStep: 'Run tinyfat restore again: it begins anew. Or set DATA_DIR to another folder.',
  },
  upgrade_no_room: {
    sentence: 'The database was not upgraded: there is no room for the copy that is made of it before.',
    nextStep: 'Make room on that disk and start again; nothing was changed.',
  },
  port_forbidden: {
    sentence: 'This user may not listen on that port: ports below 1024 belong to root.',
    nextStep:
      'Set SMTP_PORT=2525 and forward port 25 to it in the kernel, or let ordinary users listen from there on: sysctl net.ipv4.ip_unprivileged_port_start=25; docs/self-host.md has the ways.',
  },
  address_not_here: {
    sentence: 'An address that should be listened on is none of this machine.',
    nextStep:
      'Set HOST and SMTP_HOST to addresses that ip address shows, or to 0.0.0.0 or :: for all of them.',
  },
  data_read_only: {
    sentence: 'The data folder can not be written: its file system is read-only, or the files are.',
    nextStep:
      'Mount it read-write (a file system with faults becomes read-only by itself: look at dmesg; under systemd name it in ReadWritePaths=), or set DATA_DIR to another folder.',
  },
  data_no_permission: {
    sentence: 'This user may not read or write the data folder.',
    nextStep:
      'Run the command as the user of the server, for example: runuser -u tinyfat -- tinyfat ...; or give that user the folder: chown -R USER DATA_DIR',
  },
  data_not_a_folder: {
    sentence: 'DATA_DIR names something that is no folder, or lies below such a thing.',
    nextStep: 'Set DATA_DIR to a folder, or to a path at which one can be made.',
  },
  data_foreign: {
    sentence: 'DATA_DIR names a folder that holds something else; nothing was changed.',
    nextStep: 'Set DATA_DIR to a folder of its own: an empty one, or a path at which one can be made.',
  },
  disk_full: {
    sentence:
      'There is no room left for what should be written: the disk, its inodes or a quota are used up.',
    nextStep:
      'Look at df -h and df -i for DATA_DIR and /tmp, free space, then do it again. What was accepted is not lost.',
  },
  disk_fault: {
    sentence: 'The disk gave an error when it was read or written.',
    nextStep: 'Look at dmesg, stop the server, save a copy of DATA_DIR and have the disk checked.',
  },
  database_corrupt: {
    sentence: 'The database is damaged, or is no database.',
    nextStep:
      'Stop the server, keep a copy of the folder, and bring tinyfat.sqlite back from a backup; without one: sqlite3 tinyfat.sqlite .recover | sqlite3 mended.sqlite saves what can be read.',
  },
  database_unopened: {
    sentence: 'The database can not be opened.',
    nextStep:
      'See that tinyfat.sqlite in DATA_DIR, and tinyfat.sqlite-wal and -shm beside it, are plain files that this user can read and write.',
  },
  database_busy: {
    sentence: 'Another program has kept the database locked for too long.',
    nextStep: 'Do it again; if it goes on, see who has it open: fuser -v DATA_DIR/tinyfat.sqlite',
  },
  storage_failed: {
    sentence: 'The bucket of STORAGE could not be reached, or refused a request.',
    nextStep:
      'See what tinyfat doctor --online says of the storage; nothing that was accepted is lost. The settings: docs/storage.md',
  },
  too_many_files: {
    sentence: 'The process, or the machine, may not open any more files.',
    nextStep: 'Raise the limit (systemd: LimitNOFILE=65536; a shell: ulimit -n 65536) and start it again.',
  },
  build_missing: {
    sentence: 'A part that the build makes is missing.',
    nextStep:
      'Run ./bin/tinyfat help in the checkout, as the user whom it belongs to: it builds what is missing (or npm run build).',
  },
  pages_unusable: {
    sentence: 'The pages that were built could not be loaded.',
    nextStep:
      'Build them anew in the checkout, as the user whom it belongs to: npm run build. If that does not help, report it with the file that is named.',
  },
  agent_name_taken: {
    sentence: 'There is an agent of that name already.',
    nextStep: 'Choose another name; tinyfat agent list shows those that there are.',
  },
  agent_unknown: {
    sentence: 'There is no agent of that name.',
    nextStep: 'tinyfat agent list shows those that there are.',
  },
  account_unknown: {
    sentence: 'Nobody has signed in with this address.',
    nextStep: 'tinyfat account list shows those who have.',
  },
  provider_key_unknown: {
    sentence: 'There is no such key.',
    nextStep: 'tinyfat key list shows those that there are.',
  },
  budget_unknown: {
    sentence: 'There is no such budget.',
    nextStep: 'tinyfat budget show has those that there are.',
  },
  server_unreachable: {
    sentence: 'The server gave no answer.',
    nextStep:
      'Check the address in --server or TINYFAT_SERVER, and that the server runs. What was to be changed may have been: look before you do it again.',
  },
  server_redirects: {
    sentence: 'The server sends this command on to another address, where the token is not sent.',
    nextStep: 'If that address is the right one, name it in --server or TINYFAT_SERVER.',
  },
  server_not_understood: {
    sentence: 'What answered is no tinyfat server, or one of another version.',
    nextStep:
      'Check the address in --server or TINYFAT_SERVER; use the command line of the same version as the server.',
  },
  installation_other_master_keys: {
    sentence: 'The master keys of this process are not those of the processes that share its database.',
    nextStep:
      'Set MASTER_KEYS to the same everywhere: where none was set, it is the line in the file master-keys of DATA_DIR on the first machine. If the others are wrong or gone, start one process, or deploy to Cloudflare, with --adopt.',
  },
  installation_other_sign_in_key: {
    sentence: 'The key that signs sessions is not that of the processes that share the database.',
    nextStep:
      'Set SIGN_IN_KEY to the same everywhere: where none was set, it is the line in the file sign-in-key of DATA_DIR on the first machine. To sign everybody out, start one process, or deploy to Cloudflare, with the new key and --adopt.',
  },
  installation_other_storage: {
    sentence: 'The mails and folders that belong to the database are not where this process would look.',
    nextStep:
      'Set STORAGE to the same everywhere, or mount the folders agents and raw-mail of the first machine in DATA_DIR. If this is where they are, as after a restore, start one process with --adopt.',
  },
  master_keys_missing: {
    sentence: 'The master key that opens the stored keys is not here.',
    nextStep:
      'Set MASTER_KEYS as the server has it, or bring the file back; if it is lost for good: tinyfat key remove --owner ADDR, then store the keys again.',
  },
  master_keys_unsafe: {
    sentence: 'The file with the master keys must be a plain file of this user that nobody else can read.',
    nextStep: 'Mend it with the line that is named; if others may have read it, run: tinyfat key rotate',
  },
  master_keys_unreadable: {
    sentence: 'The file with the master keys can not be used.',
    nextStep: 'Mend what is named, or bring the file back from a backup.',
  },
} as const satisfies Record<string, ErrorDescription>;
