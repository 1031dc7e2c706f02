/**
 * A skill in an agent's folder: what is in it, and another one in its place. The agent can write there, too, so nothing
 * is taken for what it was a moment ago; links are never followed.
 */
import type { FolderEntry } from '@tinyfat/core';
import { hasRunningJob } from '@tinyfat/database';
import { refuse } from '../answer.ts';
import { decodeUtf8 } from '../body.ts';
import { oneAtATime } from '../one-at-a-time.ts';
import type { ApiPorts } from '../ports.ts';
import { MAX_SKILL_FILES } from '../routes/files.ts';

const MAX_DEPTH = 8;
/** An agent can nest folders as it likes, and fill them. */
const MAX_LOOK: Look = { folders: 200, entries: 5000 };
/** Folders that are looked into before others get their turn. */
const SLICE = 10;
const MAX_SKILL_MD_BYTES = 1_000_000;

/** What may still be looked at; counted down. */
interface Look {
  folders: number;
  entries: number;
}

export interface SkillFile {
  path: string;
  bytes: number;
}

/** Folders of skills; what begins with a dot is on its way in or out. */
async function skillFolders(ports: ApiPorts, agentId: string): Promise<FolderEntry[]> {
  const entries = await ports.folders.list(agentId, 'skills', 1000);
  return entries.filter(({ kind, name }) => kind === 'folder' && !name.startsWith('.'));
}

/** Files of a skill by path, at most some more than a skill may have; null where there is no such skill. */
export async function skillFiles(
  ports: ApiPorts,
  agentId: string,
  skill: string,
): Promise<SkillFile[] | null> {
  const folders = await skillFolders(ports, agentId);
  if (!folders.some(({ name }) => name === skill)) return null;
  return await filesBelow(ports, agentId, skill, { ...MAX_LOOK });
}

/** Each skill with its files, as far as all of them together may be looked at. */
export async function allSkills(
  ports: ApiPorts,
  agentId: string,
): Promise<{ name: string; files: SkillFile[] }[]> {
  const look = { ...MAX_LOOK };
  const skills = [];
  for (const { name } of await skillFolders(ports, agentId)) {
    skills.push({ name, files: await filesBelow(ports, agentId, name, look) });
  }
  return skills;
}

async function filesBelow(ports: ApiPorts, agentId: string, skill: string, look: Look): Promise<SkillFile[]> {
  const files: SkillFile[] = [];
  const walk = async (folder: string, depth: number): Promise<void> => {
    if (look.folders-- <= 0) return;
    if (look.folders % SLICE === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    const most = Math.min(1000, Math.max(0, look.entries));
    const entries = await ports.folders.list(agentId, `skills/${skill}${folder}`, most);
    look.entries -= entries.length;
    for (const { kind, name, size } of entries) {
      if (files.length > MAX_SKILL_FILES * 2) return;
      if (kind === 'file') files.push({ path: `${folder}/${name}`.slice(1), bytes: size });
      if (kind === 'folder' && depth < MAX_DEPTH) await walk(`${folder}/${name}`, depth + 1);
    }
  };
  await walk('', 0);
  return files;
}

/** A skill as the API shows it. */
export async function shownSkill(ports: ApiPorts, agentId: string, skill: string) {
  const files = await skillFiles(ports, agentId, skill);
  if (!files) return refuse('not_found');
  const about = await ports.folders.read(agentId, `skills/${skill}/SKILL.md`, MAX_SKILL_MD_BYTES);
  const warnings = about.ok ? skillWarnings(skill, decodeUtf8(about.bytes)) : ['There is no SKILL.md.'];
  const body = { name: skill, files, turn_running: await hasRunningJob(ports.db, agentId), warnings };
  return { ok: true as const, body };
}

/** Puts a skill of exactly these files where one of that name was. */
export async function replaceSkill(
  ports: ApiPorts,
  agentId: string,
  skill: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const fresh = `skills/.${ports.makeId()}.new`;
  const old = `skills/.${ports.makeId()}.old`;
  for (const [path, bytes] of files) await ports.folders.write(agentId, `${fresh}/${path}`, bytes);
  await oneAtATime(ports.db, async () => {
    const entries = await ports.folders.list(agentId, 'skills', 1000);
    if (entries.some(({ name }) => name === skill)) {
      await ports.folders.move(agentId, `skills/${skill}`, old);
    }
    await ports.folders.move(agentId, fresh, `skills/${skill}`);
  });
  await sweep(ports, agentId);
}

/** Takes a skill away; false when it is nested too deep to be removed whole. */
export async function removeSkill(ports: ApiPorts, agentId: string, skill: string): Promise<boolean> {
  const old = `.${ports.makeId()}.old`;
  await oneAtATime(ports.db, () => ports.folders.move(agentId, `skills/${skill}`, `skills/${old}`));
  return await ports.folders.removeFolder(agentId, `skills/${old}`);
}

/** What a crash or this change left on its way out. */
async function sweep(ports: ApiPorts, agentId: string): Promise<void> {
  for (const { name } of await ports.folders.list(agentId, 'skills', 1000)) {
    if (/^\.[0-9a-f-]{36}\.old$/.test(name)) await ports.folders.removeFolder(agentId, `skills/${name}`);
  }
}

/** The agent is told of a skill by the front matter of its SKILL.md. */
function skillWarnings(skill: string, text: string | null): string[] {
  if (text === null) return ['SKILL.md is not text in UTF-8.'];
  const [, head] = /^---\r?\n([\s\S]*?)\r?\n---/.exec(text) ?? [];
  if (head === undefined || !/^description:\s*\S/m.test(head)) {
    return [
      'SKILL.md begins with no front matter that has a description, so the agent is not told of the skill.',
    ];
  }
  const [, name] = /^name:\s*["']?([^"'\r\n]*?)["']?\s*$/m.exec(head) ?? [];
  return name === undefined || name === skill ? [] : ['The name in SKILL.md is not that of the folder.'];
}
