/** MEMORY.md and config.json: read and replaced whole, and never over what somebody else wrote meanwhile. */
import { JSON_OBJECT_LIMITS, parseAgentConfig, parseJsonObject, resolveModel, scanJson } from '@tinyfat/core';
import type { Agent } from '@tinyfat/database';
import { editFiles, hasRunningJob } from '@tinyfat/database';
import { type Download, type Outcome, refuse } from '../answer.ts';
import type { ApiDeps } from '../deps.ts';
import { agentEndpoint, type Call } from '../endpoint.ts';
import * as routes from '../routes/files.ts';
import { precondition } from './precondition.ts';
import { busy, entityTag, fileRefusal, readCounted } from './read-file.ts';

const MAX_FILE_BYTES = 25 * 1024 * 1024;
const MEMORY = 'MEMORY.md';
const CONFIG = 'config.json';
/** So much of it is in every prompt. */
const MEMORY_IN_PROMPT = 64 * 1024;

export const editedFileEndpoints = [
  agentEndpoint(routes.getMemory, (call) => readWhole(call, MEMORY)),
  agentEndpoint(routes.putMemory, async (call) => {
    const bytes = new TextEncoder().encode(call.body);
    const isLong = bytes.length > MEMORY_IN_PROMPT;
    const warnings = isLong ? [`Only the first ${MEMORY_IN_PROMPT} bytes are in every prompt.`] : [];
    return await replaceWhole(call, MEMORY, { bytes, warnings });
  }),

  agentEndpoint(routes.getConfig, (call) => readWhole(call, CONFIG)),
  agentEndpoint(routes.putConfig, async (call) => {
    const wrong = configFault(call.deps, call.body);
    if (wrong !== null) return refuse('invalid_request', wrong);
    return await replaceWhole(call, CONFIG, { bytes: new TextEncoder().encode(call.body), warnings: [] });
  }),
];

type OfAgent = Pick<Call<unknown, unknown, unknown>, 'deps' | 'request' | 'reservation'> & { agent: Agent };

async function readWhole({ agent, deps, reservation }: OfAgent, name: string): Promise<Outcome<Download>> {
  const read = await readCounted(deps, reservation, agent.id, name, MAX_FILE_BYTES);
  if (read === null) return busy();
  if (!read.ok) return fileRefusal(read);
  return { ok: true, body: { bytes: read.bytes, name }, headers: { etag: await entityTag(read.bytes) } };
}

async function replaceWhole(
  { agent, deps, request, reservation }: OfAgent,
  name: string,
  { bytes, warnings }: { bytes: Uint8Array; warnings: string[] },
) {
  const refused = await editFiles(deps.db, agent.id, async () => {
    const before = await readCounted(deps, reservation, agent.id, name, MAX_FILE_BYTES);
    if (before === null) return busy();
    const not = await precondition(request.headers, before, name);
    if (!not) await deps.folders.write(agent.id, name, bytes);
    return not;
  });
  if (refused) return refused;
  const etag = await entityTag(bytes);
  const turn_running = await hasRunningJob(deps.db, agent.id);
  return {
    ok: true as const,
    headers: { etag },
    body: { bytes: bytes.length, etag, turn_running, warnings },
  };
}

/** What is wrong with a config.json, as sentences; null where all of it is understood. */
function configFault({ models }: Pick<ApiDeps, 'models'>, text: string): string | null {
  const fault = jsonFault(text);
  if (fault !== null) return fault;
  const { config, warnings } = parseAgentConfig(text);
  if (warnings.length > 0)
    return warnings.map((warning) => warning.replace(/; [^;]* is used\.$/, '.')).join(' ');
  const model = config.model === null ? null : resolveModel(config.model, models);
  return model?.ok === false ? `config.json: "model": ${model.reason}` : null;
}

function jsonFault(text: string): string | null {
  const body = text.replace(/^\ufeff/, '');
  const scanner = scanJson(() => {}, JSON_OBJECT_LIMITS);
  scanner.push(body);
  const scanned = scanner.end();
  if (scanned.ok) {
    return parseJsonObject(text).ok ? null : 'config.json must be a JSON object: settings in braces.';
  }
  if (scanned.reason !== 'not_json') return 'config.json is nested too deep or holds too many values.';
  const before = body.slice(0, scanned.at).split('\n');
  const character = (before.at(-1)?.length ?? 0) + 1;
  return `config.json is no JSON. It can not be read from line ${before.length}, character ${character} on.`;
}
