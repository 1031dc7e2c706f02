/**
 * Puts a skill in the place of another, and takes one away, in an agent's folder. The agent can write there, too.
 *
 * Invariant: wherever this is interrupted, either the old skill or the new one is there afterwards, whole. Names in the
 * folder of skills record the step: `.ID.new` is being written, `.SKILL.ID.old` was moved away for its successor,
 * `.ID.gone` is being removed.
 */
import { errorCode, type FolderEntry } from '@tinyfat/core';
import { editFiles } from '@tinyfat/database';
import type { Refusal } from '../answer.ts';
import type { ApiDeps } from '../deps.ts';

type Deps = Pick<ApiDeps, 'db' | 'folders' | 'makeId' | 'clock'>;

/** A file of a skill that is put. */
export interface NewSkillFile {
  bytes: Uint8Array;
  executable: boolean;
}

const REPLACED = /^\.([a-z0-9-]{1,64})\.[0-9a-f-]{36}\.old$/;
const ON_ITS_WAY_OUT = /^\.[0-9a-f-]{36}\.(?:gone|old)$/;
const UNFINISHED = /^\.[0-9a-f-]{36}\.new$/;
/** No write takes longer; what is older was interrupted. */
const UNFINISHED_MS = 3_600_000;
/** Names with a dot come first in a listing. */
const MAX_ENTRIES = 1000;
/** An agent can make as many such names as it likes; so many are settled at a time. */
const MAX_SETTLED = 3;

/**
 * Puts a skill of exactly these files where one of that name was. `check` looks at what is there before, while nobody else
 * changes it; where it refuses nothing is changed.
 */
export async function replaceSkill(
  deps: Deps,
  agentId: string,
  skill: string,
  { files, check }: { files: ReadonlyMap<string, NewSkillFile>; check: () => Promise<Refusal | null> },
): Promise<Refusal | null> {
  const { folders } = deps;
  await settleSkills(deps, agentId);
  const fresh = `skills/.${deps.makeId()}.new`;
  for (const [path, { bytes, executable }] of files) {
    await folders.write(agentId, `${fresh}/${path}`, bytes, { executable });
  }
  const old = `skills/.${skill}.${deps.makeId()}.old`;
  const refused = await editFiles(deps.db, agentId, async () => {
    const not = await check();
    if (not) return not;
    await moveIfThere(deps, agentId, `skills/${skill}`, old);
    await folders.move(agentId, fresh, `skills/${skill}`);
    return null;
  });
  if (refused) await folders.removeFolder(agentId, fresh);
  await settleSkills(deps, agentId);
  return refused;
}

/** Takes a skill away. `nested`: too deep to be removed whole from disk, but out of the way. */
export async function removeSkill(
  deps: Deps,
  agentId: string,
  skill: string,
): Promise<'removed' | 'missing' | 'nested'> {
  // A predecessor of it must not come back in its place.
  await settleSkills(deps, agentId);
  const gone = `skills/.${deps.makeId()}.gone`;
  const moved = await editFiles(deps.db, agentId, () => moveIfThere(deps, agentId, `skills/${skill}`, gone));
  if (!moved) return 'missing';
  return (await deps.folders.removeFolder(agentId, gone)) ? 'removed' : 'nested';
}

/** Whether a replacement was interrupted after the old skill had been moved away. */
export function isCutOff(entries: readonly FolderEntry[]): boolean {
  const names = new Set(entries.map(({ name }) => name));
  return entries.some(({ name }) => {
    const skill = REPLACED.exec(name)?.[1];
    return skill !== undefined && !names.has(skill);
  });
}

/** Recovers from an interruption: an old skill without a successor comes back, all other leftovers are removed. */
export async function settleSkills(deps: Deps, agentId: string): Promise<void> {
  const entries = await deps.folders.list(agentId, 'skills', MAX_ENTRIES);
  // Ids count up with time: of two that were one skill the newer one is the first.
  const leftOver = entries.filter((entry) => isLeftOver(entry, deps.clock())).reverse();
  for (const { name } of leftOver.slice(0, MAX_SETTLED)) {
    // By its new name it can not come back, however long its removal takes.
    const gone = ON_ITS_WAY_OUT.test(name) ? name : `.${deps.makeId()}.gone`;
    const goes = await editFiles(deps.db, agentId, async () => {
      const skill = REPLACED.exec(name)?.[1];
      if (skill !== undefined && !(await isThere(deps, agentId, skill))) {
        await comeBack(deps, agentId, name, skill);
        return false;
      }
      return gone === name || (await moveIfThere(deps, agentId, `skills/${name}`, `skills/${gone}`));
    });
    if (goes) await deps.folders.removeFolder(agentId, `skills/${gone}`);
  }
}

function isLeftOver({ name, modifiedAt }: FolderEntry, now: number): boolean {
  if (UNFINISHED.test(name)) return modifiedAt < now - UNFINISHED_MS;
  return REPLACED.test(name) || ON_ITS_WAY_OUT.test(name);
}

async function isThere({ folders }: Deps, agentId: string, skill: string): Promise<boolean> {
  return (await folders.list(agentId, `skills/${skill}`, 1)).length > 0;
}

async function comeBack(deps: Deps, agentId: string, name: string, skill: string): Promise<void> {
  try {
    await moveIfThere(deps, agentId, `skills/${name}`, `skills/${skill}`);
  } catch {
    // The agent put something else there, a file or a link: the agent keeps that, and the old skill stays aside.
  }
}

/** False where there is nothing to move: somebody else moved it. */
async function moveIfThere({ folders }: Deps, agentId: string, from: string, to: string): Promise<boolean> {
  try {
    await folders.move(agentId, from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
