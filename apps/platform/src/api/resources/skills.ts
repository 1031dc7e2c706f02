import { fromBase64 } from '@tinyfat/core';
import { type Refusal, refuse } from '../answer.ts';
import { whole } from '../cursor.ts';
import { endpoint } from '../endpoint.ts';
import type { ApiPorts } from '../ports.ts';
import * as routes from '../routes/files.ts';
import { fileRefusal } from './read-file.ts';
import { allSkills, removeSkill, replaceSkill, shownSkill, skillFiles } from './skill-folder.ts';

export const skillEndpoints = [
  endpoint(routes.listSkills, async ({ ports, see, params }) => {
    const found = await see.agent(params.agent);
    if (!found.ok) return found;
    const rows = (await allSkills(ports, found.row.id)).map(({ name, files }) => ({
      name,
      files: files.length,
      bytes: sum(files.map(({ bytes }) => bytes)),
    }));
    return { ok: true, body: whole(rows) };
  }),

  endpoint(routes.getSkill, async ({ ports, see, params }) => {
    const found = await see.agent(params.agent);
    return found.ok ? await shownSkill(ports, found.row.id, params.skill) : found;
  }),

  endpoint(routes.putSkill, async ({ ports, see, params, body }) => {
    const found = await see.agent(params.agent);
    if (!found.ok) return found;
    const files = decodeFiles(body.files);
    if (!files.ok) return files;
    const ready = await skillsFolder(ports, found.row.id);
    if (ready) return ready;
    await replaceSkill(ports, found.row.id, params.skill, files.files);
    return await shownSkill(ports, found.row.id, params.skill);
  }),

  endpoint(routes.deleteSkill, async ({ ports, see, params }) => {
    const found = await see.agent(params.agent);
    if (!found.ok) return found;
    if (!(await skillFiles(ports, found.row.id, params.skill))) return refuse('not_found');
    return (await removeSkill(ports, found.row.id, params.skill))
      ? { ok: true, body: null }
      : refuse('conflict', 'It is out of the way, but nested too deep to be removed from disk.');
  }),

  endpoint(routes.getSkillFile, async ({ ports, see, params }) => {
    const found = await see.agent(params.agent);
    if (!found.ok) return found;
    const path = `skills/${params.skill}/${params.file}`;
    const content = await ports.folders.stream(found.row.id, path, routes.MAX_SKILL_BYTES);
    if (!content.ok) return fileRefusal(content);
    return { ok: true, body: { ...content, name: params.file.split('/').at(-1) ?? '' } };
  }),

  endpoint(routes.putSkillFile, async ({ ports, see, params, body }) => {
    const found = await see.agent(params.agent);
    if (!found.ok) return found;
    const files = await skillFiles(ports, found.row.id, params.skill);
    if (!files) return refuse('not_found');
    const others = files.filter(({ path }) => path !== params.file);
    const bytes = sum(others.map((file) => file.bytes)) + body.length;
    if (others.length >= routes.MAX_SKILL_FILES || bytes > routes.MAX_SKILL_BYTES) {
      return refuse('conflict', 'The skill would have more files or bytes than it may.');
    }
    const blocked = await onTheWay(ports, found.row.id, `skills/${params.skill}/${params.file}`);
    if (blocked) return blocked;
    await ports.folders.write(found.row.id, `skills/${params.skill}/${params.file}`, body);
    return await shownSkill(ports, found.row.id, params.skill);
  }),

  endpoint(routes.deleteSkillFile, async ({ ports, see, params }) => {
    const found = await see.agent(params.agent);
    if (!found.ok) return found;
    if (params.file === 'SKILL.md') {
      return refuse('conflict', 'A skill is nothing without its SKILL.md; remove the whole skill.');
    }
    const files = await skillFiles(ports, found.row.id, params.skill);
    if (!files?.some(({ path }) => path === params.file)) return refuse('not_found');
    await ports.folders.unlink(found.row.id, `skills/${params.skill}/${params.file}`);
    return { ok: true, body: null };
  }),
];

function decodeFiles(
  files: readonly { path: string; content: string; encoding: 'utf8' | 'base64' }[],
): { ok: true; files: Map<string, Uint8Array> } | Refusal {
  const decoded = new Map<string, Uint8Array>();
  let bytes = 0;
  for (const { path, content, encoding } of files) {
    const file = encoding === 'utf8' ? new TextEncoder().encode(content) : fromPadded(content);
    if (!file) return refuse('invalid_request', `"files": the content of ${path} is not base64.`);
    if (decoded.has(path)) return refuse('invalid_request', `"files": ${path} stands twice.`);
    bytes += file.length;
    decoded.set(path, file);
  }
  if (!decoded.has('SKILL.md')) return refuse('invalid_request', '"files": SKILL.md is missing.');
  const paths = [...decoded.keys()];
  const clash = paths.find((path) => paths.some((other) => other.startsWith(`${path}/`)));
  if (clash !== undefined) return refuse('invalid_request', `"files": ${clash} is a file and a folder.`);
  if (bytes > routes.MAX_SKILL_BYTES) {
    return refuse('body_too_large', `A skill has at most ${routes.MAX_SKILL_BYTES} bytes.`);
  }
  return { ok: true, files: decoded };
}

/** RFC 4648 section 4, with its padding. */
function fromPadded(text: string): Uint8Array | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  return fromBase64(text);
}

/** The agent may have put something else where its skills belong. */
async function skillsFolder(ports: ApiPorts, agentId: string): Promise<Refusal | null> {
  return await onTheWay(ports, agentId, 'skills/SKILL.md');
}

/** Whether something on the way to a path is no folder, or the path itself is one. */
async function onTheWay(ports: ApiPorts, agentId: string, path: string): Promise<Refusal | null> {
  const parts = path.split('/');
  for (let depth = 0; depth < parts.length; depth++) {
    const entries = await ports.folders.list(agentId, parts.slice(0, depth).join('/'), 10_000);
    const entry = entries.find(({ name }) => name === parts[depth]);
    if (!entry) return null;
    const isLast = depth === parts.length - 1;
    if (isLast ? entry.kind === 'folder' : entry.kind !== 'folder') {
      const what = isLast ? 'a folder' : 'no folder';
      return refuse('conflict', `${parts.slice(0, depth + 1).join('/')} is ${what} in the agent's files.`);
    }
  }
  return null;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
