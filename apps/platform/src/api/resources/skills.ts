import { fromBase64 } from '@tinyfat/core';
import { editFiles } from '@tinyfat/database';
import { type Refusal, refuse } from '../answer.ts';
import { whole } from '../cursor.ts';
import type { ApiDeps } from '../deps.ts';
import { agentEndpoint } from '../endpoint.ts';
import * as routes from '../routes/files.ts';
import { clashOf } from '../skills/collect.ts';
import { onTheWay } from './on-the-way.ts';
import { putWholeSkill, readArchive, refuseHead, skillPrecondition } from './put-skill.ts';
import { fileRefusal } from './read-file.ts';
import { type NewSkillFile, removeSkill } from './replace-skill.ts';
import { allSkills, hasSkill, shownSkill, skillFiles, skillFilesNow } from './skill-folder.ts';

const ABOUT = 'SKILL.md';

export const skillEndpoints = [
  agentEndpoint(routes.listSkills, async ({ agent, deps }) => {
    const rows = (await allSkills(deps, agent.id)).map(({ name, files }) => ({
      name,
      files: files.length,
      bytes: sum(files.map(({ bytes }) => bytes)),
    }));
    return { ok: true, body: whole(rows) };
  }),

  agentEndpoint(routes.getSkill, async ({ agent, deps, params }) => {
    return await shownSkill(deps, agent.id, params.skill);
  }),

  agentEndpoint(routes.putSkill, async ({ agent, deps, params, body, request }) => {
    const files = decodeFiles(body.files);
    if (!files.ok) return files;
    const refused = await putWholeSkill(deps, agent.id, params.skill, files.files, (now) =>
      skillPrecondition(request.headers, now, params.skill),
    );
    return refused ?? (await shownSkill(deps, agent.id, params.skill));
  }),

  agentEndpoint(routes.addSkill, async ({ agent, deps, query, body, request, reservation }) => {
    const read = await readArchive(body, reservation);
    if (!read.ok) return read;
    const { name } = read;
    const { replaces } = query;
    if (replaces !== undefined && replaces !== name) {
      return refuse('invalid_request', `The archive holds the skill ${name}, not ${replaces}.`);
    }
    if (replaces !== undefined && request.headers.get('if-match') === null) {
      return refuse('precondition_required');
    }
    const refused = await putWholeSkill(deps, agent.id, name, read.files, async (now) =>
      replaces === undefined && now !== null
        ? isThereAlready(name)
        : await skillPrecondition(request.headers, now, name),
    );
    return refused ?? (await shownSkill(deps, agent.id, name));
  }),

  agentEndpoint(routes.deleteSkill, async ({ agent, deps, params }) => {
    if (!(await hasSkill(deps, agent.id, params.skill))) return refuse('not_found');
    switch (await removeSkill(deps, agent.id, params.skill)) {
      case 'removed':
        return { ok: true, body: null };
      case 'missing':
        return refuse('not_found');
      case 'nested':
        return refuse('conflict', 'It is out of the way, but nested too deep to be removed from disk.');
    }
  }),

  agentEndpoint(routes.getSkillFile, async ({ agent, deps, params }) => {
    const path = `skills/${params.skill}/${params.file}`;
    const content = await deps.folders.stream(agent.id, path, routes.MAX_SKILL_BYTES);
    if (!content.ok) return fileRefusal(content);
    return { ok: true, body: { ...content, name: params.file.split('/').at(-1) ?? '' } };
  }),

  agentEndpoint(routes.putSkillFile, async ({ agent, deps, params, query, body }) => {
    if (!(await hasSkill(deps, agent.id, params.skill))) return refuse('not_found');
    const unusable = params.file === ABOUT ? await refuseHead(params.skill, body) : null;
    if (unusable) return refuse('invalid_request', unusable);
    const refused = await editFiles(deps.db, agent.id, () =>
      writeSkillFile(deps, agent.id, { ...params, bytes: body, executable: query.executable }),
    );
    return refused ?? (await shownSkill(deps, agent.id, params.skill));
  }),

  agentEndpoint(routes.deleteSkillFile, async ({ agent, deps, params }) => {
    if (params.file === ABOUT) {
      return refuse('conflict', 'A skill is nothing without its SKILL.md; remove the whole skill.');
    }
    const files = await skillFiles(deps, agent.id, params.skill);
    if (!files?.some(({ path }) => path === params.file)) return refuse('not_found');
    await deps.folders.unlink(agent.id, `skills/${params.skill}/${params.file}`);
    return { ok: true, body: null };
  }),
];

function isThereAlready(skill: string): Refusal {
  const there = refuse('conflict', `There is a skill ${skill} already.`);
  return { ...there, nextStep: 'Look at that one first: it can be replaced where it is shown, or removed.' };
}

/** Writes one file of a skill, within `editFiles`, or says why not. */
async function writeSkillFile(
  deps: ApiDeps,
  agentId: string,
  wanted: { skill: string; file: string; bytes: Uint8Array; executable: 'true' | 'false' | undefined },
): Promise<Refusal | null> {
  const { skill, file, bytes } = wanted;
  const files = await skillFilesNow(deps, agentId, skill);
  if (!files) return refuse('not_found');
  const others = files.filter(({ path }) => path !== file);
  const twin = others.find(({ path }) => path.toLowerCase() === file.toLowerCase());
  if (twin) return refuse('conflict', `${twin.path} is in the skill; the names differ only in case.`);
  const size = sum(others.map((one) => one.bytes)) + bytes.length;
  if (others.length >= routes.MAX_SKILL_FILES || size > routes.MAX_SKILL_BYTES) {
    return refuse('conflict', 'The skill would have more files or bytes than it may.');
  }
  const path = `skills/${skill}/${file}`;
  const blocked = await onTheWay(deps, agentId, path);
  if (blocked) return blocked;
  const before = files.find((one) => one.path === file);
  const executable =
    wanted.executable === undefined ? before?.executable === true : wanted.executable === 'true';
  await deps.folders.write(agentId, path, bytes, { executable });
  return null;
}

function decodeFiles(
  files: readonly { path: string; content: string; encoding: 'utf8' | 'base64'; executable: boolean }[],
): { ok: true; files: Map<string, NewSkillFile> } | Refusal {
  const decoded = new Map<string, NewSkillFile>();
  let sum = 0;
  for (const { path, content, encoding, executable } of files) {
    const bytes = encoding === 'utf8' ? new TextEncoder().encode(content) : fromPadded(content);
    if (!bytes) return refuse('invalid_request', `"files": the content of ${path} is not base64.`);
    if (decoded.has(path)) return refuse('invalid_request', `"files": ${path} stands twice.`);
    sum += bytes.length;
    decoded.set(path, { bytes, executable });
  }
  if (!decoded.has(ABOUT)) return refuse('invalid_request', `"files": ${ABOUT} is missing.`);
  const clash = clashOf([...decoded.keys()]);
  if (clash !== null) return refuse('invalid_request', `"files": ${clash}`);
  if (sum > routes.MAX_SKILL_BYTES) {
    return refuse('body_too_large', `A skill has at most ${routes.MAX_SKILL_BYTES} bytes.`);
  }
  return { ok: true, files: decoded };
}

/** RFC 4648 section 4, with its padding. */
function fromPadded(text: string): Uint8Array | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  return fromBase64(text);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
