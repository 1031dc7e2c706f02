/**
 * The skills in an agent's folder. The agent can write there at any time, so nothing is assumed to be as it was a moment
 * ago; links are never followed.
 */
import type { FolderEntry } from '@tinyfat/core';
import { editFiles, hasRunningJob } from '@tinyfat/database';
import { refuse } from '../answer.ts';
import type { ApiDeps } from '../deps.ts';
import { MAX_SKILL_FILES } from '../routes/files.ts';
import { entityTag } from './read-file.ts';
import { isCutOff, settleSkills } from './replace-skill.ts';
import { readSkillHead } from './skill-head.ts';

const MAX_DEPTH = 8;
/** An agent can nest folders as it likes, and fill them. */
const MAX_LOOK: Look = { folders: 200, entries: 5000 };
/** Folders that are looked into before others get their turn. */
const SLICE = 10;
const MAX_SKILL_MD_BYTES = 1_000_000;
const OTHER_NAME = 'The name in SKILL.md is not that of the folder.';

/** What may still be looked at; counted down. */
interface Look {
  folders: number;
  entries: number;
}

export interface SkillFile {
  path: string;
  bytes: number;
  /** It may be run as a program. */
  executable: boolean;
  /** Epoch ms. */
  modifiedAt: number;
}

/** Folders of skills; what begins with a dot is on its way in or out. */
async function skillFolders(deps: ApiDeps, agentId: string): Promise<FolderEntry[]> {
  const list = () => deps.folders.list(agentId, 'skills', 1000);
  let entries = await list();
  if (isCutOff(entries)) {
    await settleSkills(deps, agentId);
    // While nobody is between the two steps of a replacement.
    entries = await editFiles(deps.db, agentId, list);
  }
  return entries.filter(({ kind, name }) => kind === 'folder' && !name.startsWith('.'));
}

/** Files of a skill by path, at most some more than a skill may have; null where there is no such skill. */
export async function skillFiles(deps: ApiDeps, agentId: string, skill: string): Promise<SkillFile[] | null> {
  if (!(await hasSkill(deps, agentId, skill))) return null;
  return await filesBelow(deps, agentId, skill, { ...MAX_LOOK });
}

/** Whether there is such a skill; recovers from an interrupted replacement first. */
export async function hasSkill(deps: ApiDeps, agentId: string, skill: string): Promise<boolean> {
  const isListed = (await skillFolders(deps, agentId)).some(({ name }) => name === skill);
  // An agent can crowd it out of the list.
  return isListed || (await isThereNow(deps, agentId, skill));
}

/** As `skillFiles`, within `editFiles`, where nobody is in the middle of a replacement. */
export async function skillFilesNow(
  deps: ApiDeps,
  agentId: string,
  skill: string,
): Promise<SkillFile[] | null> {
  if (!(await isThereNow(deps, agentId, skill))) return null;
  return await filesBelow(deps, agentId, skill, { ...MAX_LOOK });
}

async function isThereNow({ folders }: ApiDeps, agentId: string, skill: string): Promise<boolean> {
  return (await folders.list(agentId, `skills/${skill}`, 1)).length > 0;
}

/** Each skill with its files, as far as all of them together may be looked at. */
export async function allSkills(
  deps: ApiDeps,
  agentId: string,
): Promise<{ name: string; files: SkillFile[] }[]> {
  const look = { ...MAX_LOOK };
  const skills = [];
  for (const { name } of await skillFolders(deps, agentId)) {
    skills.push({ name, files: await filesBelow(deps, agentId, name, look) });
  }
  return skills;
}

async function filesBelow(deps: ApiDeps, agentId: string, skill: string, look: Look): Promise<SkillFile[]> {
  const files: SkillFile[] = [];
  const walk = async (folder: string, depth: number): Promise<void> => {
    if (look.folders-- <= 0) return;
    if (look.folders % SLICE === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    const most = Math.min(1000, Math.max(0, look.entries));
    const entries = await deps.folders.list(agentId, `skills/${skill}${folder}`, most);
    look.entries -= entries.length;
    for (const { kind, name, size, executable, modifiedAt } of entries) {
      if (files.length > MAX_SKILL_FILES * 2) return;
      if (kind === 'file') {
        files.push({ path: `${folder}/${name}`.slice(1), bytes: size, executable, modifiedAt });
      }
      if (kind === 'folder' && depth < MAX_DEPTH) await walk(`${folder}/${name}`, depth + 1);
    }
  };
  await walk('', 0);
  return files;
}

/** The entity tag of a skill with these files: another one after any change of them. */
export async function skillTag(files: readonly SkillFile[]): Promise<string> {
  const facts = files.map(({ path, bytes, executable, modifiedAt }) => [path, bytes, executable, modifiedAt]);
  return await entityTag(new TextEncoder().encode(JSON.stringify(facts)));
}

/** A skill as the API shows it. */
export async function shownSkill(deps: ApiDeps, agentId: string, skill: string) {
  const files = await skillFiles(deps, agentId, skill);
  if (!files) return refuse('not_found');
  const about = await deps.folders.read(agentId, `skills/${skill}/SKILL.md`, MAX_SKILL_MD_BYTES);
  const warnings = about.ok
    ? await warningsOf(skill, about.bytes)
    : ['There is no SKILL.md that can be read.'];
  const etag = await skillTag(files);
  const body = {
    name: skill,
    files: files.map(({ path, bytes, executable }) => ({ path, bytes, executable })),
    etag,
    turn_running: await hasRunningJob(deps.db, agentId),
    warnings,
  };
  return { ok: true as const, body, headers: { etag } };
}

async function warningsOf(skill: string, bytes: Uint8Array): Promise<string[]> {
  const head = await readSkillHead(bytes);
  if (!head.ok) return [`${head.reason} The agent is not told of the skill.`];
  return head.name === null || head.name === skill ? [] : [OTHER_NAME];
}
