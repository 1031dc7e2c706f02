import type { ReadOutcome } from '@tinyfat/core';
import { editFiles, hasRunningJob } from '@tinyfat/database';
import { type Refusal, refuse } from '../answer.ts';
import { whole } from '../cursor.ts';
import { agentEndpoint } from '../endpoint.ts';
import { isoTime } from '../fields.ts';
import * as routes from '../routes/files.ts';
import { busy, entityTag, fileRefusal, readCounted } from './read-file.ts';

const MAX_FILE_BYTES = 25 * 1024 * 1024;
const MAX_ENTRIES = 10_000;
const MEMORY = 'MEMORY.md';
/** So much of it is in every prompt. */
const MEMORY_IN_PROMPT = 64 * 1024;

export const fileEndpoints = [
  agentEndpoint(routes.listFiles, async ({ agent, deps, query }) => {
    const folder = query.folder.replace(/\/$/, '');
    if (folder !== '' && !staysBelow(folder)) {
      return fileRefusal({ ok: false, reason: 'bad_path', detail: '' });
    }
    const entries = await deps.folders.list(agent.id, folder, MAX_ENTRIES);
    return {
      ok: true,
      body: whole(
        entries.map(({ name, kind, size, modifiedAt }) => ({
          name,
          kind,
          size,
          modified_at: isoTime(modifiedAt),
        })),
      ),
    };
  }),

  agentEndpoint(routes.getFile, async ({ agent, deps, params }) => {
    const content = await deps.folders.stream(agent.id, params.path, MAX_FILE_BYTES);
    if (!content.ok) return fileRefusal(content);
    return { ok: true, body: { ...content, name: params.path.split('/').at(-1) ?? '' } };
  }),

  agentEndpoint(routes.getMemory, async ({ agent, deps, reservation }) => {
    const read = await readCounted(deps, reservation, agent.id, MEMORY, MAX_FILE_BYTES);
    if (read === null) return busy();
    if (!read.ok) return fileRefusal(read);
    return {
      ok: true,
      body: { bytes: read.bytes, name: MEMORY },
      headers: { etag: await entityTag(read.bytes) },
    };
  }),

  agentEndpoint(routes.putMemory, async ({ agent, deps, body, request, reservation }) => {
    const agentId = agent.id;
    const bytes = new TextEncoder().encode(body);
    const refused = await editFiles(deps.db, agentId, async () => {
      const before = await readCounted(deps, reservation, agentId, MEMORY, MAX_FILE_BYTES);
      if (before === null) return busy();
      const not = await precondition(request.headers, before);
      if (!not) await deps.folders.write(agentId, MEMORY, bytes);
      return not;
    });
    if (refused) return refused;
    const etag = await entityTag(bytes);
    const isLong = bytes.length > MEMORY_IN_PROMPT;
    return {
      ok: true,
      headers: { etag },
      body: {
        bytes: bytes.length,
        etag,
        turn_running: await hasRunningJob(deps.db, agentId),
        warnings: isLong ? [`Only the first ${MEMORY_IN_PROMPT} bytes are in every prompt.`] : [],
      },
    };
  }),
];

/** RFC 9110 section 13.1; null where the write may go on. */
async function precondition(headers: Headers, before: ReadOutcome): Promise<Refusal | null> {
  const match = headers.get('if-match');
  const isMissing = !before.ok && before.reason === 'missing';
  if (match === null) {
    if (headers.get('if-none-match') !== '*') return refuse('precondition_required');
    return isMissing ? null : refuse('precondition_failed', 'There is a MEMORY.md already.');
  }
  if (isMissing) return refuse('precondition_failed', 'There is no MEMORY.md any more.');
  if (!before.ok) return fileRefusal(before);
  if (match === '*') return null;
  const tags = match.split(',').map((tag) => tag.trim());
  return tags.includes(await entityTag(before.bytes)) ? null : refuse('precondition_failed');
}

/** As the port wants paths; it throws for others in listings. */
function staysBelow(path: string): boolean {
  const parts = path.split('/');
  return (
    parts.length <= 16 &&
    parts.every(
      (part) => part !== '' && part !== '.' && part !== '..' && new TextEncoder().encode(part).length <= 255,
    )
  );
}
