import { join } from 'node:path';

/** What the environment of the agent's commands is made of. */
interface CommandPlaces {
  /** The agent's folder, which is also its home. */
  dataFolder: string;
  /** Where `gitconfig` lies, read-only. */
  inboxFolder: string;
  /** How they find the way out. */
  wayOut: Record<string, string>;
}

/**
 * The environment of the agent's commands: the given one, and what the agent needs beside it. Only its commands get
 * this: the `bin` that is first in PATH is the agent's own, and no program of ours is looked for there.
 */
export function commandEnvironment(
  base: Record<string, string>,
  places: CommandPlaces,
): Record<string, string> {
  return { ...base, ...places.wayOut, ...installs(base.PATH, places.dataFolder), ...git(places) };
}

/** Below `.local` in the agent's folder. Of the programs that are left out (pip, uv), it is the place already. */
function installs(path: string | undefined, dataFolder: string): Record<string, string> {
  const local = join(dataFolder, '.local');
  return {
    PATH: [join(local, 'bin'), path].filter((part) => part !== undefined).join(':'),
    npm_config_prefix: local,
    npm_config_cache: join(dataFolder, '.cache', 'npm'),
    npm_config_update_notifier: 'false',
    // Debian keeps pip out of the system's folders, which are read-only here, and means the user's by it as well.
    PIP_BREAK_SYSTEM_PACKAGES: '1',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
  };
}

/** Who the agent is for git, in the place of the machine's settings: its own ~/.gitconfig wins (git-config(1)). */
function git({ inboxFolder }: CommandPlaces): Record<string, string> {
  return { GIT_CONFIG_SYSTEM: join(inboxFolder, 'gitconfig') };
}
