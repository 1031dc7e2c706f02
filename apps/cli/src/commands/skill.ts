/** `tinyfat skill add|list|remove`: what an agent was taught, as folders with a SKILL.md. */
import { fileRoutes } from '@tinyfat/platform';
import * as v from 'valibot';
import type { ApiClient } from '../client/api-client.ts';
import { notFound, overApi, refused, withApi } from '../client/open-api.ts';
import type { Run } from '../command.ts';
import { printTable } from '../output/table.ts';
import { printable } from '../output/text.ts';
import { readSkill } from '../skill-files/read-skill.ts';
import { namedAgent, unknownAgent } from './named-agent.ts';

/** Names of files left out that are printed. */
const MAX_NAMES = 10;

/** Puts a folder or zip archive among the skills of an agent, in the place of the one of its name. */
export const addSkill: Run<[string, string]> = async ({ words: [name, path] }, config) => {
  const read = await readSkill(path);
  if (!read.ok) return failed(`${path}: ${read.reason}`);
  const { skill } = read;
  if (!v.is(fileRoutes.skillName, skill.name)) {
    const what = 'of a-z, 0-9 and single hyphens, at most 64';
    return failed(
      `${path}: ${JSON.stringify(skill.name)} can not be its name. Write one ${what}, as name in its SKILL.md.`,
    );
  }
  return await withApi(config, async (api) => {
    const agent = await namedAgent(api, name);
    if (!agent) return 1;
    const before = await isThere(api, agent.name, skill.name);
    const put = await api.call(fileRoutes.putSkill, {
      params: { agent: agent.name, skill: skill.name },
      body: {
        files: skill.files.map(({ path: file, bytes, executable }) => ({
          path: file,
          content: Buffer.from(bytes).toString('base64'),
          encoding: 'base64',
          executable,
        })),
      },
    });
    if (!put.ok) return refused(put);
    printLeftOut(skill.leftOut);
    const { files, turn_running: isRunning } = put.body;
    const count = files.length === 1 ? '1 file' : `${files.length} files`;
    console.log(
      printable(`${agent.address} has the skill ${skill.name} ${before ? 'anew' : 'now'}: ${count}.`),
    );
    if (isRunning) console.log('A turn is under way; the next one sees it.');
    return 0;
  });
};

/** Lists the skills that an agent was given or made itself. */
export const listSkills = overApi<[string], { json: boolean }>(async (api, { words: [name], options }) => {
  const listed = await api.call(fileRoutes.listSkills, { params: { agent: name } });
  if (!listed.ok) return unknownAgent(listed, name);
  printTable(
    listed.body.data,
    {
      columns: [
        { head: 'name', cell: (skill) => skill.name, least: 20 },
        { head: 'files', cell: ({ files }) => files },
        { head: 'bytes', cell: ({ bytes }) => bytes },
      ],
      empty: `No skills yet. Add one: tinyfat skill add ${printable(name)} FOLDER`,
    },
    options.json,
  );
  return 0;
});

/** Takes a skill away with all its files. */
export const removeSkill = overApi<[string, string]>(async (api, { words: [name, skill] }) => {
  const agent = await namedAgent(api, name);
  if (!agent) return 1;
  const gone = await api.call(fileRoutes.deleteSkill, { params: { agent: agent.name, skill } });
  if (!gone.ok) {
    return notFound(gone, `${agent.address} has no skill ${skill}; see: tinyfat skill list ${agent.name}`);
  }
  console.log(printable(`${agent.address} has the skill ${skill} no more; its files are gone.`));
  return 0;
});

async function isThere(api: ApiClient, agent: string, skill: string): Promise<boolean> {
  return (await api.call(fileRoutes.getSkill, { params: { agent, skill } })).ok;
}

function printLeftOut(paths: readonly string[]): void {
  if (paths.length === 0) return;
  const more = paths.length > MAX_NAMES ? ` and ${paths.length - MAX_NAMES} more` : '';
  console.error(printable(`Left out, being hidden: ${paths.slice(0, MAX_NAMES).join(', ')}${more}.`));
}

function failed(text: string): number {
  console.error(printable(`tinyfat: ${text}`));
  return 1;
}
