/** The pages about the skills of an agent: all of them, and the files of one. */
import { byteSize } from '@tinyfat/core';
import type * as v from 'valibot';
import { type Outcome, type Refusal, refuse } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import * as agents from '../../api/routes/agents.ts';
import * as files from '../../api/routes/files.ts';
import type { UploadForm } from '../../http/upload.ts';
import { readText, type ShownText } from './read-text.ts';

type Agent = v.InferOutput<typeof agents.agent>;
type Skill = v.InferOutput<typeof files.skill>;

/** The list. */
export interface SkillsPage {
  ok: true;
  agent: Agent;
  skills: { name: string; bytes: number; files: number }[];
}

/** One skill, with the file that is chosen. */
export interface SkillPage {
  ok: true;
  agent: Agent;
  skill: Skill;
  /** The path of the file that is shown. */
  file: string;
  text: ShownText;
}

/** The file that says what a skill is for. */
export const ABOUT = 'SKILL.md';
/** Bytes of a form with a file in it. */
export const MAX_SKILL_FORM_BYTES = 1024 * 1024;

/** What a new SKILL.md begins with. */
export const NEW_SKILL = `---
description: When the agent should use this, in a sentence
---

What to do, step by step.
`;

/** Asks for the skills of an agent. */
export async function skillsPage(ask: Ask, name: string): Promise<SkillsPage | Refusal> {
  const params = { agent: name };
  const agent = await ask(agents.getAgent, { params });
  if (!agent.ok) return agent;
  const skills = await ask(files.listSkills, { params });
  return skills.ok ? { ok: true, agent: agent.body, skills: skills.body.data } : skills;
}

/** Asks for one skill, and for the text of one of its files. */
export async function skillPage(
  ask: Ask,
  of: { agent: string; skill: string },
  file: string,
): Promise<SkillPage | Refusal> {
  const agent = await ask(agents.getAgent, { params: { agent: of.agent } });
  if (!agent.ok) return agent;
  const skill = await ask(files.getSkill, { params: of });
  if (!skill.ok) return skill;
  const content = await ask(files.getSkillFile, { params: { ...of, file } });
  if (!content.ok) return content;
  return {
    ok: true,
    agent: agent.body,
    skill: skill.body,
    file,
    text: await readText(content.body),
  };
}

/** Makes a skill of a SKILL.md alone, where there is none of that name. */
export async function makeSkill(ask: Ask, agent: string, form: URLSearchParams): Promise<Outcome<Skill>> {
  const skill = (form.get('name') ?? '').trim();
  const there = await ask(files.getSkill, { params: { agent, skill } });
  if (there.ok) return refuse('conflict', `There is a skill ${skill} already; change it on its own page.`);
  if (there.code !== 'not_found') return there;
  const content = unixLines(form.get('text') ?? '');
  return await ask(files.putSkill, {
    params: { agent, skill },
    body: { files: [{ path: ABOUT, content, encoding: 'utf8', executable: false }] },
  });
}

/**
 * Makes a skill of an archive that a form has sent: a new one, or in the place of `skill`, where that one is still as the form
 * has seen it.
 */
export async function putArchive(
  ask: Ask,
  of: { agent: string; skill?: string },
  form: Exclude<UploadForm, { why: 'other' }>,
): Promise<Outcome<Skill>> {
  if (!form.ok) {
    const most = byteSize(files.MAX_SKILL_ARCHIVE_BYTES);
    const large = refuse('body_too_large', `The archive has more than ${most}.`);
    return { ...large, nextStep: 'Leave out what the skill does not need.' };
  }
  if (form.file === null) {
    const none = refuse('invalid_request', 'No archive was chosen.');
    return { ...none, nextStep: 'Choose one, and send it.' };
  }
  return await ask(files.addSkill, {
    params: { agent: of.agent },
    query: { replaces: of.skill },
    body: form.file.bytes,
    headers: of.skill === undefined ? {} : { 'if-match': form.fields.get('etag') ?? '' },
  });
}

/** What came of a form about one skill: the file to be shown then; null where the skill is gone. */
type Changed = { ok: true; done: string; file: string | null } | Refusal;

/** Does what a form about one skill asks for. */
export async function changeSkill(
  ask: Ask,
  of: { agent: string; skill: string },
  form: URLSearchParams,
): Promise<Changed> {
  const file = (form.get('file') ?? '').trim();
  switch (form.get('action')) {
    case 'save':
      return await saveFile(ask, { ...of, file }, form);
    case 'add': {
      const there = await ask(files.getSkillFile, { params: { ...of, file } });
      if (there.ok) {
        if ('stream' in there.body) await there.body.stream.cancel();
        return refuse('conflict', `There is a file ${file} already.`);
      }
      const put = await ask(files.putSkillFile, { params: { ...of, file }, body: new Uint8Array() });
      return put.ok ? { ok: true, done: 'added', file } : put;
    }
    case 'remove-file': {
      const gone = await ask(files.deleteSkillFile, { params: { ...of, file } });
      return gone.ok ? { ok: true, done: 'file-removed', file: ABOUT } : gone;
    }
    case 'remove': {
      const gone = await ask(files.deleteSkill, { params: of });
      return gone.ok ? { ok: true, done: 'removed', file: null } : gone;
    }
    default:
      return refuse('invalid_request', 'The form does not say what is to be done.');
  }
}

/** Writes the text where the file is still the one that its writer saw: the turn of the agent may have changed it. */
async function saveFile(
  ask: Ask,
  params: { agent: string; skill: string; file: string },
  form: URLSearchParams,
): Promise<Changed> {
  const before = await ask(files.getSkillFile, { params });
  if (!before.ok) return before;
  const { tag } = await readText(before.body);
  if (tag === null || tag !== form.get('tag')) {
    return refuse(
      'precondition_failed',
      `${params.file} has changed since you opened it; nothing was written.`,
    );
  }
  const body = new TextEncoder().encode(unixLines(form.get('text') ?? ''));
  const put = await ask(files.putSkillFile, { params, body });
  return put.ok ? { ok: true, done: 'saved', file: params.file } : put;
}

/** Forms send lines with CR LF (URL standard); files have LF. */
function unixLines(text: string): string {
  return text.replace(/\r\n?/g, '\n');
}
