/** Finds a run's events in the agent's folder. The agent could have written them: they are shown, never trusted. */
import type { AgentFolders } from '@tinyfat/core';

const MAX_FILES = 10_000;
const MAX_BYTES = 5_000_000;

/** All events of a run over all its attempts, in order; lines that are no JSON objects are left out. */
export async function runEvents(folders: AgentFolders, agentId: string, runId: string): Promise<object[]> {
  const events: object[] = [];
  for (const entry of await folders.list(agentId, 'events', MAX_FILES)) {
    const file = await folders.read(agentId, `events/${entry.name}`, MAX_BYTES);
    if (!file.ok) continue;
    const lines = new TextDecoder().decode(file.bytes).split('\n').flatMap(parseLine);
    const [first] = lines;
    if (first && 'run_id' in first && first.run_id === runId) events.push(...lines);
  }
  return events;
}

function parseLine(line: string): object[] {
  try {
    const event: unknown = JSON.parse(line);
    return typeof event === 'object' && event !== null ? [event] : [];
  } catch {
    return [];
  }
}
