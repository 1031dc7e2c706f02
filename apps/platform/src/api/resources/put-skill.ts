/** A whole skill: checked as the agent's runtime checks it, then put where none or the expected one is. */
import type { ByteReservation } from '@tinyfat/core';
import * as v from 'valibot';
import { type Refusal, refuse } from '../answer.ts';
import type { ApiDeps } from '../deps.ts';
import { skillName } from '../routes/files.ts';
import { SkillRefused } from '../skills/collect.ts';
import { openSkillArchive } from '../skills/read-archive.ts';
import { onTheWay } from './on-the-way.ts';
import { busy } from './read-file.ts';
import { type NewSkillFile, replaceSkill } from './replace-skill.ts';
import { type SkillFile, skillFilesNow, skillTag } from './skill-folder.ts';
import { readSkillHead } from './skill-head.ts';

const ABOUT = 'SKILL.md';

/** Puts a skill of exactly these files, or says why not; `check` sees the files that are there, null for none. */
export async function putWholeSkill(
  deps: ApiDeps,
  agentId: string,
  skill: string,
  files: ReadonlyMap<string, NewSkillFile>,
  check: (now: readonly SkillFile[] | null) => Promise<Refusal | null>,
): Promise<Refusal | null> {
  const unusable = await refuseHead(skill, files.get(ABOUT)?.bytes);
  if (unusable) return refuse('invalid_request', `"files": ${unusable}`);
  // The agent may have put something else where its skills belong.
  const blocked = await onTheWay(deps, agentId, 'skills/SKILL.md');
  if (blocked) return blocked;
  return await replaceSkill(deps, agentId, skill, {
    files,
    check: async () => await check(await skillFilesNow(deps, agentId, skill)),
  });
}

/** RFC 9110 section 13.1, where the client wants it; null where the write may go on. */
export async function skillPrecondition(
  headers: Headers,
  now: readonly SkillFile[] | null,
  skill: string,
): Promise<Refusal | null> {
  const match = headers.get('if-match');
  if (match === null) {
    const isRefused = headers.get('if-none-match') === '*' && now !== null;
    return isRefused ? refuse('precondition_failed', `There is a skill ${skill} already.`) : null;
  }
  if (now === null) return refuse('precondition_failed', `There is no skill ${skill} any more.`);
  if (match.trim() === '*') return null;
  const tags = match.split(',').map((tag) => tag.trim());
  if (tags.includes(await skillTag(now))) return null;
  return refuse(
    'precondition_failed',
    `The skill ${skill} has changed since it was read; nothing was written.`,
  );
}

/** The skill in an archive, by the name in its SKILL.md. What is inflated is counted before. */
export async function readArchive(
  bytes: Uint8Array,
  reservation: ByteReservation,
): Promise<{ ok: true; name: string; files: Map<string, NewSkillFile> } | Refusal> {
  try {
    const archive = openSkillArchive(bytes);
    if (!reservation.take(archive.size)) return busy();
    const found = await archive.read();
    const files = new Map(found.files.map(({ path, ...file }) => [path, file]));
    const head = await readSkillHead(files.get(ABOUT)?.bytes ?? new Uint8Array());
    if (!head.ok) return refuse('invalid_request', head.reason);
    if (head.name === null) {
      return refuse(
        'invalid_request',
        'SKILL.md has no name in its front matter, as in "name: weekly-report".',
      );
    }
    const name = v.safeParse(skillName, head.name);
    if (name.success) return { ok: true, name: name.output, files };
    return refuse(
      'invalid_request',
      `The name in SKILL.md can not be used; write ${name.issues[0].message}.`,
    );
  } catch (error) {
    if (error instanceof SkillRefused) return refuse('invalid_request', error.message);
    throw error;
  }
}

/** Why the runtime would leave out a skill with this SKILL.md; null where it would not. */
export async function refuseHead(
  skill: string,
  bytes: Uint8Array = new Uint8Array(),
): Promise<string | null> {
  const head = await readSkillHead(bytes);
  if (!head.ok) return head.reason;
  if (head.name === null || head.name === skill) return null;
  return `The name in ${ABOUT} is another one than ${skill}; write the same in both places.`;
}
