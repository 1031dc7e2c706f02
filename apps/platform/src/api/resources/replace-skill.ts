/**
 * Puts a skill in the place of another, and takes one away, in an agent's folder. The agent can write there, too.
 *
 * Invariant: wherever this is cut off, the skill that was there or the one that replaces it is there afterwards, whole.
 * Names in the folder of skills tell what a step was about: `.ID.new` is being written, `.SKILL.ID.old` was moved out of
 * the way of its successor, `.ID.gone` is on its way out.
 */
import type { FolderEntry } from '@tinyfat/core';
import { oneAtATime } from '../one-at-a-time.ts';
import type { ApiPorts } from '../ports.ts';

type Ports = Pick<ApiPorts, 'db' | 'folders' | 'makeId' | 'clock'>;

/** A file of a skill that is put. */
export interface NewSkillFile {
  bytes: Uint8Array;
  executable: boolean;
}

const REPLACED = /^\.([a-z0-9-]{1,64})\.[0-9a-f-]{36}\.old$/;
const ON_ITS_WAY_OUT = /^\.[0-9a-f-]{36}\.(?:gone|old)$/;
const UNFINISHED = /^\.[0-9a-f-]{36}\.new$/;
/** Nothing is written for longer; what is older was cut off. */
const UNFINISHED_MS = 3_600_000;
const MAX_ENTRIES = 10_000;

/** Puts a skill of exactly these files where one of that name was. */
export async function replaceSkill(
  ports: Ports,
  agentId: string,
  skill: string,
  files: ReadonlyMap<string, NewSkillFile>,
): Promise<void> {
  const { folders } = ports;
  await settleSkills(ports, agentId);
  const fresh = `skills/.${ports.makeId()}.new`;
  for (const [path, { bytes, executable }] of files) {
    await folders.write(agentId, `${fresh}/${path}`, bytes, { executable });
  }
  const old = `skills/.${skill}.${ports.makeId()}.old`;
  await oneAtATime(ports.db, async () => {
    const entries = await folders.list(agentId, 'skills', MAX_ENTRIES);
    if (entries.some(({ name }) => name === skill)) await folders.move(agentId, `skills/${skill}`, old);
    await folders.move(agentId, fresh, `skills/${skill}`);
  });
  await settleSkills(ports, agentId);
}

/** Takes a skill away; false when it is nested too deep to be removed whole. */
export async function removeSkill(ports: Ports, agentId: string, skill: string): Promise<boolean> {
  // A predecessor of it must not come back in its place.
  await settleSkills(ports, agentId);
  const gone = `skills/.${ports.makeId()}.gone`;
  await oneAtATime(ports.db, () => ports.folders.move(agentId, `skills/${skill}`, gone));
  return await ports.folders.removeFolder(agentId, gone);
}

/** Whether a replacement was cut off after the old skill had been moved away. */
export function isCutOff(entries: readonly FolderEntry[]): boolean {
  const names = new Set(entries.map(({ name }) => name));
  return entries.some(({ name }) => {
    const skill = REPLACED.exec(name)?.[1];
    return skill !== undefined && !names.has(skill);
  });
}

/** Ends what was cut off: an old skill without a successor comes back, everything else that was left over goes. */
export async function settleSkills(ports: Ports, agentId: string): Promise<void> {
  const { folders } = ports;
  const leftOver = await oneAtATime(ports.db, async () => {
    const entries = await folders.list(agentId, 'skills', MAX_ENTRIES);
    const names = new Set(entries.map(({ name }) => name));
    const out: string[] = [];
    for (const { name, modifiedAt } of entries) {
      const skill = REPLACED.exec(name)?.[1];
      if (skill !== undefined && !names.has(skill)) {
        await folders.move(agentId, `skills/${name}`, `skills/${skill}`);
        names.add(skill);
      } else if (
        skill !== undefined ||
        (UNFINISHED.test(name) && modifiedAt < ports.clock() - UNFINISHED_MS)
      ) {
        // By its new name it can not come back, however long its removal takes.
        const gone = `.${ports.makeId()}.gone`;
        await folders.move(agentId, `skills/${name}`, `skills/${gone}`);
        out.push(gone);
      } else if (ON_ITS_WAY_OUT.test(name)) {
        out.push(name);
      }
    }
    return out;
  });
  for (const name of leftOver) await folders.removeFolder(agentId, `skills/${name}`);
}
