/** `tinyfat doctor`: what works, what does not, and the line that mends it. Changes nothing but makes DATA_DIR. */
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bubblewrap } from '@tinyfat/sandbox';
import type { Run } from '../command-line/spec.ts';
import type { Config } from '../config.ts';
import { printTable } from '../output/table.ts';
import { lockDataFolder } from '../server/lock.ts';
import { mailWay } from '../server/mail-transport.ts';
import { programPaths } from '../server/program.ts';

interface Finding {
  check: string;
  /** `note`: works, but not as one would want it in earnest. */
  state: 'ok' | 'note' | 'broken';
  found: string;
  mend: string;
}

/** Prints a finding a line; exit code 1 when something is broken. */
export const doctor: Run<[], { json: boolean }> = async ({ options }, config) => {
  const findings: Finding[] = [
    node(),
    bundle(),
    await sandbox(),
    folder(config),
    await smtpPort(config),
    mailDomain(config),
    mailOut(config),
    model(config),
  ];
  printTable(
    findings,
    {
      columns: [
        { head: 'check', cell: ({ check }) => check },
        { head: 'state', cell: ({ state }) => state },
        { head: 'found', cell: ({ found }) => found, least: 20 },
      ],
      note: ({ mend }) => mend,
      empty: '',
    },
    options.json,
  );
  return findings.some((finding) => finding.state === 'broken') ? 1 : 0;
};

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const enough = major > 22 || (major === 22 && minor >= 19);
  return {
    check: 'node',
    state: enough ? 'ok' : 'broken',
    found: process.version,
    mend: enough ? '' : 'Use ./bin/tinyfat, which fetches a newer Node from npm.',
  };
}

function bundle(): Finding {
  const built = existsSync(join(programPaths.stepMom, 'main.js')) && existsSync(programPaths.models);
  return {
    check: 'bundle',
    state: built ? 'ok' : 'broken',
    found: built ? 'built' : 'missing',
    mend: built ? '' : 'npm run build',
  };
}

async function sandbox(): Promise<Finding> {
  const runtimeFolder = mkdtempSync(join(tmpdir(), 'tinyfat-doctor-'));
  try {
    const probe = await bubblewrap({ nodeBinary: process.execPath, runtimeFolder }).probe();
    return probe.ok
      ? { check: 'sandbox', state: 'ok', found: probe.detail, mend: '' }
      : { check: 'sandbox', state: 'broken', found: probe.reason, mend: probe.fix };
  } finally {
    rmSync(runtimeFolder, { recursive: true, force: true });
  }
}

function folder(config: Config): Finding {
  try {
    mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
    accessSync(config.dataDir, constants.W_OK);
    return { check: 'data folder', state: 'ok', found: config.dataDir, mend: '' };
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return {
      check: 'data folder',
      state: 'broken',
      found,
      mend: 'Set DATA_DIR to a folder that this user can write.',
    };
  }
}

/** A port that our own running server has is as it should be. */
async function smtpPort(config: Config): Promise<Finding> {
  const { host, port } = config.smtp;
  const { resendSecrets, postmarkCredentials } = config.webhooks;
  if (port === null && resendSecrets.length + postmarkCredentials.length > 0) {
    return { check: 'smtp port', state: 'ok', found: 'no listener; mail comes by webhook', mend: '' };
  }
  if (port === null)
    return {
      check: 'smtp port',
      state: 'note',
      found: 'no listener',
      mend: 'Set SMTP_PORT to take mail by SMTP, or RESEND_WEBHOOK_SECRET or POSTMARK_WEBHOOK_AUTH.',
    };
  const problem = await new Promise<string | null>((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(error.message));
    server.listen(port, host, () => server.close(() => resolve(null)));
  });
  const place = `${host}:${port}`;
  if (problem === null) return { check: 'smtp port', state: 'ok', found: `${place} is free`, mend: '' };
  if (existsSync(config.dataDir)) {
    const lock = lockDataFolder(config.dataDir);
    if (lock.ok) lock.release();
    else if (lock.taken)
      return { check: 'smtp port', state: 'ok', found: `${place}, used by the running server`, mend: '' };
  }
  return {
    check: 'smtp port',
    state: 'broken',
    found: problem,
    mend: 'Set SMTP_PORT to a free port, or stop what has it.',
  };
}

function mailDomain(config: Config): Finding {
  const own = config.mailDomain !== 'tinyfat.localhost';
  return {
    check: 'mail domain',
    state: own ? 'ok' : 'note',
    found: config.mailDomain,
    mend: own ? '' : 'Set MAIL_DOMAIN to a domain of yours to be reached from outside.',
  };
}

function mailOut(config: Config): Finding {
  const found = mailWay(config);
  return found !== null
    ? { check: 'mail out', state: 'ok', found, mend: '' }
    : {
        check: 'mail out',
        state: 'note',
        found: 'Maildir on this machine',
        mend: 'Set SMTP_URL, RESEND_API_KEY or POSTMARK_SERVER_TOKEN to send for real.',
      };
}

function model(config: Config): Finding {
  return config.anthropic.apiKey
    ? { check: 'model', state: 'ok', found: config.anthropic.baseUrl, mend: '' }
    : {
        check: 'model',
        state: 'note',
        found: 'built-in demo model',
        mend: 'Set ANTHROPIC_API_KEY for a real one.',
      };
}
