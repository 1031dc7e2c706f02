/** `tinyfat agent export|import`: one agent into an archive, and a new agent out of one. */
import { existsSync } from 'node:fs';
import { renderError } from '@tinyfat/core';
import { type Agent, findAgent } from '@tinyfat/database';
import { exportAgent } from '@tinyfat/server/agent-archive/export-agent';
import type { AgentManifest } from '@tinyfat/server/agent-archive/format';
import { importAgent } from '@tinyfat/server/agent-archive/import-agent';
import { FileExistsError, readFileInPieces, writeNewFile } from '@tinyfat/server/backup/archive-file';
import type { Config } from '@tinyfat/server/config';
import type { DataFolder } from '@tinyfat/server/data-folder';
import { programVersion } from '@tinyfat/server/program';
import { processRuntime } from '@tinyfat/server/runtime';
import { makeLogger } from '@tinyfat/settings';
import { withData } from '../client/open-api.ts';
import { type Run, UsageError } from '../command.ts';
import { standardOutput } from '../output/standard-output.ts';
import { printable } from '../output/text.ts';

/** Names of what was left out that are printed. */
const MAX_NAMES = 10;
/** For a turn that is under way. */
const WAIT_MS = 60_000;

/** Writes the archive; exit code 1 where there is none. */
export const exportOne: Run<[string, string | undefined], { 'with-history': boolean }> = async (
  { words: [name, file = `${name}.tinyfat-agent.tar`], options },
  config,
) => {
  if (file === '-' && process.stdout.isTTY) throw new UsageError('an archive is nothing for a terminal');
  return await withData(config, async (data) => {
    const agent = await findAgent(data.db, name);
    if (!agent) return failed(renderError('agent_unknown', `Asked for: ${name}.`));
    const leftOut: string[] = [];
    try {
      const manifest = await write(config, data, {
        agent,
        file,
        withHistory: options['with-history'],
        leftOut,
      });
      for (const line of leftOut.slice(0, MAX_NAMES)) console.error(printable(`Left out: ${line}`));
      if (leftOut.length > MAX_NAMES) console.error(`Left out: ${leftOut.length - MAX_NAMES} more.`);
      if (manifest.during_turn) console.error('A turn was under way: its files may be of different moments.');
      if (file !== '-') console.log(printable(`${file} has ${name}: ${manifest.files} files.`));
      return 0;
    } catch (error) {
      if (!(error instanceof FileExistsError)) throw error;
      return failed(error.message);
    }
  });
};

async function write(
  config: Config,
  data: DataFolder,
  {
    agent,
    file,
    withHistory,
    leftOut,
  }: { agent: Agent; file: string; withHistory: boolean; leftOut: string[] },
): Promise<AgentManifest> {
  const deps = {
    ...data,
    clock: Date.now,
    version: programVersion(),
    mailDomain: config.mailDomain,
    waitMs: WAIT_MS,
    onLeftOut: (path: string, why: string) => void leftOut.push(`${path}: ${why}`),
  };
  if (file === '-') return await exportAgent(deps, agent, { withHistory }, standardOutput);
  return await writeNewFile(file, (sink) => exportAgent(deps, agent, { withHistory }, sink));
}

/** Makes the agent, and says who may write to it; exit code 1 where there is none. */
export const importOne: Run<[string], { name: string | undefined; owner: string | undefined }> = async (
  { words: [file], options },
  config,
) => {
  if (file === '-' ? process.stdin.isTTY : !existsSync(file)) {
    throw new UsageError(file === '-' ? 'there is no archive on standard input' : `there is no file ${file}`);
  }
  return await withData(config, async (data) => {
    const logger = makeLogger({ level: 'warn', plain: true, write: (line) => console.error(line) });
    const { clock, makeId } = processRuntime(logger);
    const imported = await importAgent(
      {
        ...data,
        clock,
        makeId,
        mailDomain: config.mailDomain,
      },
      { name: options.name ?? null, owner: options.owner ?? null },
      file === '-' ? process.stdin : readFileInPieces(file),
    );
    if (!imported.ok) return failed(imported.reason);
    const { address, owner, entries, duringTurn } = imported;
    if (duringTurn) console.error('A turn was under way when it was exported.');
    const allowed = [...new Set([owner, ...entries])].join(', ');
    console.log(printable(`${address} is there. Who may write to it: ${allowed}.`));
    return 0;
  });
};

function failed(text: string): number {
  console.error(printable(`tinyfat: ${text}`));
  return 1;
}
