import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildProgram } from './build-program.ts';

describe('the built program', () => {
  let folder: string;
  let files: Map<string, string>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tinyfat-program-'));
    await buildProgram(folder);
    const names = readdirSync(join(folder, 'bin'));
    files = new Map(names.map((name) => [name, readFileSync(join(folder, 'bin', name), 'utf8')]));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('needs Node and its own files alone', () => {
    const named = [...files.values()].flatMap((text) =>
      [...text.matchAll(/^(?:import|export)\b[^'"\n]*["']([\w@./:-]+)["'];?$/gm)].map(
        ([, name = '']) => name,
      ),
    );
    const outside = named.filter((name) => !name.startsWith('./') && !isBuiltin(name));
    expect(named.length).toBeGreaterThan(100);
    expect(new Set(outside)).toEqual(new Set());
  });

  it('finds the entry of each thread that it starts beside itself', () => {
    const started = [...files.values()].flatMap((text) =>
      [...text.matchAll(/new URL\(["']\.\/([^"']+)["'], import\.meta\.url\)/g)].map(([, name = '']) => name),
    );
    expect(started.sort()).toEqual(['folder-thread-entry.js', 'mail-thread-entry.js']);
    for (const name of started) expect(files.has(name)).toBe(true);
  });
});

function isBuiltin(name: string): boolean {
  return builtinModules.includes(name.replace(/^node:/, '')) || name === 'node:sqlite';
}
