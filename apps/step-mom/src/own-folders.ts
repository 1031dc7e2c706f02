/**
 * The folders that a turn needs, and what of the agent's folder could not be used: the agent can have put a link, a pipe or
 * a file in the place of anything. The events have all notes, the agent and its owner the first of them.
 */
import { lstatSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalAddress, type StepMomInput } from '@tinyfat/core';

const FOLDERS = ['skills', 'sessions', 'outbox', 'outbox/email', 'outbox/sent', 'outbox/failed', 'events'];

/**
 * Makes each folder that is missing, and moves what stands in the place of one aside. Gives a sentence for each of
 * those; nothing is removed, and no link is followed. Never throws.
 */
export function mendFolders(dataFolder: string, now: Date): string[] {
  const notes: string[] = [];
  for (const folder of FOLDERS) {
    const path = join(dataFolder, folder);
    const aside = `${folder}.in-the-way-${now.getTime()}`;
    try {
      const stats = lstatSync(path, { throwIfNoEntry: false });
      if (stats?.isDirectory()) continue;
      if (stats !== undefined) {
        renameSync(path, join(dataFolder, aside));
        const what = stats.isSymbolicLink() ? 'a link' : 'no folder';
        notes.push(
          `/data/${folder} was ${what}; it lies in /data/${aside} now, and an empty folder in its place.`,
        );
      }
      mkdirSync(path);
    } catch {
      notes.push(`/data/${folder} is no folder that can be used.`);
    }
  }
  return notes;
}

const MOST_SHOWN = 5;

/** The notes as lines of a list; empty where there are none. */
function listed(notes: readonly string[]): string {
  const more = notes.length > MOST_SHOWN ? [`- … and ${notes.length - MOST_SHOWN} more.`] : [];
  return [...notes.slice(0, MOST_SHOWN).map((note) => `- ${note}`), ...more].join('\n');
}

/** The notes as a part of the system prompt; empty where there are none. */
export function notesForAgent(notes: readonly string[]): string {
  return notes.length === 0 ? '' : `\n\nNot all of your folder could be used:\n${listed(notes)}`;
}

/** A reply with the notes below it where it goes to the owner; to anybody else they say nothing of use. */
export function withNotes(reply: string, notes: readonly string[], input: StepMomInput): string {
  if (notes.length === 0 || !isOwner(input)) return reply;
  return `${reply}\n\n(From the server: not all of the agent's folder could be used.)\n\n${listed(notes)}`;
}

function isOwner({ agent, email }: StepMomInput): boolean {
  const owner = canonicalAddress(agent.owner);
  const sender = canonicalAddress(email.from.address);
  return owner.ok && sender.ok && owner.base === sender.base;
}
