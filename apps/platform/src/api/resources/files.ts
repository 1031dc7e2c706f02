import { byteSize, type ReadRefusal } from '@tinyfat/core';
import { editFiles, hasRunningJob, takeFolderRoom } from '@tinyfat/database';
import { folderTar } from '@tinyfat/storage/tar';
import { refuse } from '../answer.ts';
import { asStream } from '../as-stream.ts';
import { pageFrom } from '../cursor.ts';
import type { ApiDeps } from '../deps.ts';
import { agentEndpoint } from '../endpoint.ts';
import { isoTime } from '../fields.ts';
import * as routes from '../routes/files.ts';
import { entryAt, onTheWay } from './on-the-way.ts';
import { fileRefusal } from './read-file.ts';
import { textSlice } from './text-slice.ts';

const MAX_FILE_BYTES = 25 * 1024 * 1024;
/** Of a text that is looked at. */
const MAX_TEXT_BYTES = 48 * 1024;

export const fileEndpoints = [
  agentEndpoint(routes.listFiles, async ({ agent, deps, query }) => {
    const folder = query.folder.replace(/\/$/, '');
    if (folder !== '' && !staysBelow(folder)) {
      return fileRefusal(BAD_PATH);
    }
    return await pageFrom(
      query,
      async ({ after, limit }) => {
        const last = after?.id ?? '';
        return await deps.folders.list(agent.id, folder, limit, { from: last, only: (name) => name > last });
      },
      ({ name }) => ({ at: 0, id: name }),
      ({ name, kind, size, modifiedAt }) => ({ name, kind, size, modified_at: isoTime(modifiedAt) }),
    );
  }),

  agentEndpoint(routes.getFile, async ({ agent, deps, params }) => {
    const content = await deps.folders.stream(agent.id, params.path, MAX_FILE_BYTES);
    if (!content.ok) return fileRefusal(content);
    return { ok: true, body: { ...content, name: params.path.split('/').at(-1) ?? '' } };
  }),

  agentEndpoint(routes.viewFile, async ({ agent, deps, params, query }) => {
    const { path } = params;
    const none = { path, size: 0, text: null, offset: query.offset, next_offset: null };
    const file = await deps.folders.stream(agent.id, path, Number.MAX_SAFE_INTEGER);
    if (!file.ok) {
      if (file.reason !== 'not_a_file' && file.reason !== 'hard_linked') return fileRefusal(file);
      const kind = (await isFolder(deps, agent.id, path)) ? 'folder' : 'other';
      return { ok: true, body: { ...none, kind } };
    }
    await file.stream.cancel();
    const read = await deps.folders.readFrom(agent.id, path, query.offset, MAX_TEXT_BYTES);
    if (!read.ok) return fileRefusal(read);
    const slice = textSlice(read.bytes, read.bytes.length === MAX_TEXT_BYTES);
    const next = query.offset + (slice?.bytes ?? 0);
    return {
      ok: true,
      body: {
        ...none,
        kind: 'file',
        size: file.size,
        text: slice?.text ?? null,
        next_offset: slice !== null && slice.bytes > 0 && next < file.size ? next : null,
      },
    };
  }),

  agentEndpoint(routes.putFile, async ({ agent, deps, params, query, body }) => {
    const { path } = params;
    if (!staysBelow(path)) return fileRefusal(BAD_PATH);
    const elsewhere = ownedElsewhere(path);
    if (elsewhere !== null) return refuse('conflict', elsewhere);
    const quota = deps.folderQuotaBytes;
    const before = await deps.folders.stream(agent.id, path, Number.MAX_SAFE_INTEGER);
    if (before.ok) await before.stream.cancel();
    // Of a bucket, which takes fewer names than a disk.
    else if (before.reason === 'bad_path') return fileRefusal(before);
    const more = body.length - (before.ok ? before.size : 0);
    if (!(await takeFolderRoom(deps.db, agent.id, more, quota))) {
      const full = refuse('conflict', `The folder would hold more than its ${byteSize(quota)}.`);
      return { ...full, nextStep: 'Remove files that are not needed, or put a smaller one.' };
    }
    const refused = await editFiles(deps.db, agent.id, async () => {
      const blocked = await onTheWay(deps, agent.id, path);
      if (blocked) return blocked;
      const there = await deps.folders.readFrom(agent.id, path, 0, 1);
      const isThere = there.ok || there.reason !== 'missing';
      if (isThere && query.replace !== 'true') {
        return refuse('conflict', `There is a file ${path} already.`);
      }
      await deps.folders.write(agent.id, path, body);
      return null;
    });
    if (refused) {
      await takeFolderRoom(deps.db, agent.id, -more, quota);
      return refused;
    }
    const turn_running = await hasRunningJob(deps.db, agent.id);
    return { ok: true, body: { path, bytes: body.length, turn_running } };
  }),

  agentEndpoint(routes.deleteFile, async ({ agent, deps, params }) => {
    const { path } = params;
    if (!staysBelow(path)) return fileRefusal(BAD_PATH);
    const elsewhere = ownedElsewhere(path);
    if (elsewhere !== null) return refuse('conflict', elsewhere);
    let size = 0;
    const refused = await editFiles(deps.db, agent.id, async () => {
      const found = await deps.folders.stream(agent.id, path, Number.MAX_SAFE_INTEGER);
      if (found.ok) {
        ({ size } = found);
        await found.stream.cancel();
      } else if (found.reason === 'missing') return refuse('not_found');
      const blocked = await onTheWay(deps, agent.id, path);
      if (!blocked) await deps.folders.unlink(agent.id, path);
      return blocked;
    });
    if (refused) return refused;
    await takeFolderRoom(deps.db, agent.id, -size, deps.folderQuotaBytes);
    return { ok: true, body: null };
  }),

  agentEndpoint(routes.getArchive, async ({ agent, deps, principal, request, streams }) => {
    const release = streams.acquire(principal.owner ?? '');
    if (!release) return refuse('too_many_requests', 'Too many downloads of yours are open; end one first.');
    const blocks = folderTar(
      { top: agent.name, at: deps.clock() },
      deps.folders.readTree(agent.id),
      deps.archiveBounds,
    );
    const signal = AbortSignal.any([request.signal, deps.stopping]);
    return {
      ok: true,
      body: { size: null, stream: asStream(blocks, signal, release), name: `${agent.name}.tar` },
    };
  }),
];

const BAD_PATH: ReadRefusal = { ok: false, reason: 'bad_path', detail: '' };

async function isFolder({ folders }: ApiDeps, agentId: string, path: string): Promise<boolean> {
  if ((await folders.list(agentId, path, 1)).length > 0) return true;
  // An empty folder looks like none.
  return (await entryAt({ folders }, agentId, path))?.kind === 'folder';
}

/** Why a path is not written or removed as a file of the agent's; null where it is. */
function ownedElsewhere(path: string): string | null {
  const [top = ''] = path.split('/');
  switch (top) {
    case 'outbox':
    case 'events':
    case 'sessions':
      return `The server keeps its records in ${top}, so nothing is put or removed there from outside.`;
    case 'skills':
      return 'Skills are put and removed as skills, which are checked.';
    case 'MEMORY.md':
    case 'config.json':
      return `${top} is edited, with a look at what it is now.`;
    default:
      return null;
  }
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
