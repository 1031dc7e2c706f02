import * as v from 'valibot';
import { download, json, noContent } from '../answer.ts';
import { bytesBody, jsonBody, textBody, zipBody } from '../body.ts';
import { agentName, line, named, page, time, wholeNumber } from '../fields.ts';
import { route } from '../route.ts';
import { ofAgent } from './agents.ts';

const MEGABYTE = 1024 * 1024;
/** Bytes of all files of a skill together. */
export const MAX_SKILL_BYTES = 10 * MEGABYTE;
/** Files of a skill. */
export const MAX_SKILL_FILES = 200;
/** Bytes of an archive with a skill in it: more than the skill, for what is left out of it. */
export const MAX_SKILL_ARCHIVE_BYTES = 16_000_000;
/** Bytes of MEMORY.md. */
export const MAX_MEMORY_BYTES = 256 * 1024;
/** Bytes of config.json. */
export const MAX_CONFIG_BYTES = 64_000;
/** Bytes of a file that is put. */
export const MAX_UPLOAD_BYTES = 25_000_000;

const folderEntry = named(
  'FolderEntry',
  v.strictObject({
    name: v.string(),
    /** `other`: a link or the like, which is never opened. */
    kind: v.picklist(['file', 'folder', 'other']),
    size: v.number(),
    modified_at: time,
  }),
);

const path = line(1000, 'a path below the folder, its parts separated by /');

export const listFiles = route('GET', '/agents/{agent}/files', "What lies in a folder of the agent's", {
  description: 'By name. A folder that does not exist is empty.',
  scope: 'read',
  params: ofAgent,
  query: v.strictObject({
    folder: v.optional(path, ''),
    limit: wholeNumber(1, 10_000, 10_000),
    /** It names an entry, which may have long names. */
    cursor: v.optional(line(3000, 'the next_cursor of an earlier answer')),
  }),
  answer: json(page(folderEntry)),
});

export const getFile = route('GET', '/agents/{agent}/files/{path}', 'One file, of at most 25 MiB', {
  description: 'Links are not followed.',
  scope: 'read',
  params: v.strictObject({ agent: agentName, path }),
  answer: download('application/octet-stream'),
  errors: ['conflict'],
});

export const getMemory = route('GET', '/agents/{agent}/memory', 'MEMORY.md, with its ETag', {
  scope: 'read',
  params: ofAgent,
  answer: download('text/markdown; charset=utf-8'),
  errors: ['conflict'],
});

/** What was written, and what is to be known about it. */
const written = v.strictObject({
  bytes: v.number(),
  etag: v.string(),
  turn_running: v.boolean(),
  warnings: v.array(v.string()),
});

export const putMemory = route('PUT', '/agents/{agent}/memory', 'Replace MEMORY.md', {
  description:
    'Wants `If-Match` with the ETag of what was read (`*` for whatever there is), or `If-None-Match: *` where there is none yet. A turn that runs has read its memory already: it goes on with what it read; `turn_running` says so. What it writes at its end replaces what was put, unless folders are in a bucket (S3, R2): then what was put stays, and what the agent wrote lies beside it.',
  scope: 'write',
  params: ofAgent,
  body: textBody(MAX_MEMORY_BYTES, 'text/markdown', 'text/plain'),
  answer: json(written),
  errors: ['conflict', 'precondition_failed', 'precondition_required'],
});

export const getConfig = route(
  'GET',
  '/agents/{agent}/config',
  'config.json as it is stored, with its ETag',
  {
    description: 'The agent can write it too, so it may be no JSON.',
    scope: 'read',
    params: ofAgent,
    answer: download('text/plain; charset=utf-8'),
    errors: ['conflict'],
  },
);

export const putConfig = route('PUT', '/agents/{agent}/config', 'Replace config.json', {
  description:
    'Wants `If-Match` or `If-None-Match` as MEMORY.md does. It must be a JSON object whose settings are valid; other keys stay as they are written. A turn that runs has read it already.',
  scope: 'write',
  params: ofAgent,
  body: textBody(MAX_CONFIG_BYTES, 'application/json', 'text/plain'),
  answer: json(written),
  errors: ['conflict', 'precondition_failed', 'precondition_required'],
});

export const viewFile = route(
  'GET',
  '/agents/{agent}/view/{path}',
  'What lies at a path, with a piece of its text',
  {
    description:
      'At most 48 KiB from `offset` on, a byte of the file. `text` is null for a folder, where the piece is no UTF-8 or has NUL in it, and for what is never opened: links, and files with a second name.',
    scope: 'read',
    params: v.strictObject({ agent: agentName, path }),
    query: v.strictObject({ offset: wholeNumber(0, 999_999_999, 0) }),
    answer: json(
      v.strictObject({
        path: v.string(),
        kind: v.picklist(['file', 'folder', 'other']),
        /** Bytes of the whole file; 0 for everything else. */
        size: v.number(),
        text: v.nullable(v.string()),
        offset: v.number(),
        /** Where the next piece begins; null at the end. */
        next_offset: v.nullable(v.number()),
      }),
    ),
  },
);

export const putFile = route('PUT', '/agents/{agent}/files/{path}', 'Put a file, of at most 25 MB', {
  description:
    'With `replace=true` also in the place of one that there is. Not in `outbox`, `sessions` and `events`, which are records of the server, nor for MEMORY.md, config.json and skills, which have routes of their own. All files together stay within the quota of the folder. A turn that runs sees the file at once, or where folders are in a bucket the next one does.',
  scope: 'write',
  params: v.strictObject({ agent: agentName, path }),
  query: v.strictObject({ replace: v.optional(v.picklist(['true', 'false'], 'true or false'), 'false') }),
  body: bytesBody(MAX_UPLOAD_BYTES),
  answer: json(v.strictObject({ path: v.string(), bytes: v.number(), turn_running: v.boolean() })),
  errors: ['conflict'],
});

export const deleteFile = route('DELETE', '/agents/{agent}/files/{path}', 'Remove a file', {
  description: 'A link is removed, and not followed. Not where no file can be put.',
  scope: 'write',
  params: v.strictObject({ agent: agentName, path }),
  answer: noContent,
  errors: ['conflict'],
});

export const getArchive = route('GET', '/agents/{agent}/archive', 'All files of the agent as a tar archive', {
  description:
    'Below a folder of the name of the agent. Links and files with a second name are left out, and so is what is beyond the bounds of the server; a text file at the end says what. Read while the agent may write: each file has the length that it had when its turn came.',
  scope: 'read',
  params: ofAgent,
  answer: download('application/x-tar'),
  errors: ['too_many_requests'],
});

/** The name of a skill, which is that of its folder. */
export const skillName = v.pipe(
  v.string('the name of a skill'),
  v.regex(
    /^(?!.*--)[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/,
    'a name of 1 to 64 of a-z, 0-9 and single hyphens, with a letter or digit at both ends',
  ),
);
/** The path of a file of a skill. */
export const skillFile = v.pipe(
  v.string('the path of a file'),
  v.regex(
    /^(?=.{1,200}$)[A-Za-z0-9_][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_][A-Za-z0-9._-]*){0,4}$/,
    'a path of at most five parts and 200 characters, each part of A-Z, a-z, 0-9, dot, hyphen and underscore, none beginning with a dot or hyphen',
  ),
);
const skillRow = named(
  'SkillRow',
  v.strictObject({ name: v.string(), bytes: v.number(), files: v.number() }),
);
export const skill = named(
  'Skill',
  v.strictObject({
    name: v.string(),
    files: v.array(v.strictObject({ path: v.string(), bytes: v.number(), executable: v.boolean() })),
    /** Names the skill as it is: of another one after any change of its files. */
    etag: v.string(),
    turn_running: v.boolean(),
    /** Why the agent may not see it. */
    warnings: v.array(v.string()),
  }),
);
const ofSkill = v.strictObject({ agent: agentName, skill: skillName });
const ofSkillFile = v.strictObject({ agent: agentName, skill: skillName, file: skillFile });

export const listSkills = route('GET', '/agents/{agent}/skills', 'Skills of the agent', {
  scope: 'read',
  params: ofAgent,
  answer: json(page(skillRow)),
});

export const getSkill = route('GET', '/agents/{agent}/skills/{skill}', 'Files of a skill', {
  scope: 'read',
  params: ofSkill,
  answer: json(skill),
});

export const addSkill = route('POST', '/agents/{agent}/skills', 'Add a skill from a zip archive', {
  description:
    'Its name is the `name` in its SKILL.md. The SKILL.md, with a `name` and a `description` in its front matter, is at the top of the archive or of the one folder in it; bounds are those of a skill that is put. Links, encrypted files, and names that a skill may not have are refused; hidden files are left out. Where there is a skill of that name it is a `conflict`, unless `replaces` names it: then `If-Match` is wanted, with the `etag` of the skill that was looked at, or `*`.',
  scope: 'write',
  params: ofAgent,
  query: v.strictObject({ replaces: v.optional(skillName) }),
  body: zipBody(MAX_SKILL_ARCHIVE_BYTES),
  answer: json(skill, 201),
  errors: ['conflict', 'precondition_failed', 'precondition_required'],
});

export const putSkill = route(
  'PUT',
  '/agents/{agent}/skills/{skill}',
  'Put a whole skill in the place of the one of that name',
  {
    description: `One SKILL.md and what it needs: at most ${MAX_SKILL_FILES} files, 10 MiB together. SKILL.md begins with a front matter that has a \`description\` and, if it has a \`name\`, that of the path. Files that are not named are gone afterwards. With \`If-Match\` (the \`etag\` of the skill that was looked at) or \`If-None-Match: *\` only where that is still so.`,
    scope: 'write',
    params: ofSkill,
    body: jsonBody(
      v.strictObject({
        files: v.pipe(
          v.array(
            v.strictObject({
              path: skillFile,
              content: v.string('the content'),
              encoding: v.optional(v.picklist(['utf8', 'base64'], 'utf8 or base64'), 'utf8'),
              executable: v.optional(v.boolean('true or false'), false),
            }),
          ),
          v.minLength(1, 'at least the file SKILL.md'),
          v.maxLength(MAX_SKILL_FILES, `at most ${MAX_SKILL_FILES} files`),
        ),
      }),
      // Base64 takes four characters for three bytes, and names and quotes take some.
      14 * MEGABYTE,
    ),
    answer: json(skill),
    errors: ['conflict', 'precondition_failed'],
  },
);

export const deleteSkill = route(
  'DELETE',
  '/agents/{agent}/skills/{skill}',
  'Remove a skill with all its files',
  {
    scope: 'write',
    params: ofSkill,
    answer: noContent,
    errors: ['conflict'],
  },
);

export const getSkillFile = route('GET', '/agents/{agent}/skills/{skill}/{file}', 'One file of a skill', {
  scope: 'read',
  params: ofSkillFile,
  answer: download('application/octet-stream'),
  errors: ['conflict'],
});

export const putSkillFile = route(
  'PUT',
  '/agents/{agent}/skills/{skill}/{file}',
  'Put one file into a skill that there is',
  {
    description:
      '`executable`: whether it may be run as a program; when absent as it was before, and false for a new file.',
    scope: 'write',
    params: ofSkillFile,
    query: v.strictObject({ executable: v.optional(v.picklist(['true', 'false'], 'true or false')) }),
    body: bytesBody(MAX_SKILL_BYTES),
    answer: json(skill),
    errors: ['conflict', 'precondition_failed'],
  },
);

export const deleteSkillFile = route(
  'DELETE',
  '/agents/{agent}/skills/{skill}/{file}',
  'Remove one file of a skill',
  {
    scope: 'write',
    params: ofSkillFile,
    answer: noContent,
    errors: ['conflict'],
  },
);
