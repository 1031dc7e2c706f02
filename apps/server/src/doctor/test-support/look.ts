/** For tests of checks: a folder that is removed, a configuration, and one look. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Config, readConfig } from '../../config.ts';
import { type Check, type Finding, findingsOf } from '../finding.ts';

/** A folder of this test. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tinyfat-doctor-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The configuration of an environment, which must be right. */
export function configOf(environment: Record<string, string> = {}): Config {
  const read = readConfig(environment);
  if (!read.ok) throw new Error(read.problems.join(' '));
  return read.config;
}

/** All findings of a check. */
export async function look(check: Check, signal = new AbortController().signal): Promise<Finding[]> {
  return await findingsOf(check, signal);
}
