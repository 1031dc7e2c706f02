/** Who may import whom (docs/architecture.md, "Where things are"), read from the sources themselves. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/**
 * Parts that run on Workers as well. What needs Node below them stands behind the `!`: folders, and an index; with `+Buffer` they
 * use that class, which Workers have with `nodejs_compat`.
 */
const PORTABLE = [
  'apps/mail-worker/src',
  'apps/platform/src !node',
  'apps/sandbox-queue/src',
  'apps/sandbox-spike/src !index.ts !local',
  'packages/core/src',
  'packages/database/src !sqlite !postgres !upgrades',
  'packages/gateway/src !node',
  'packages/intake/src',
  'packages/jobs/src',
  'packages/mail/src !node +Buffer',
  'packages/retention/src',
  'packages/settings/src',
  'packages/sandbox/src/remote',
  'packages/storage/src !node',
];

interface Import {
  from: string;
  /** The file in this repository; null for packages and what Node brings. */
  to: string | null;
  name: string;
  /** What is imported by name. */
  names: string[];
}

const files = execFileSync('git', ['ls-files', 'apps', 'packages', 'e2e', 'bench', 'bin', 'deploy'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => /\.(?:ts|mts|astro)$/.test(path) && existsSync(join(root, path)));
const known = new Set(files);
const packages = new Map(
  files
    .filter((path) => /^(?:apps|packages)\/[^/]+\/src\//.test(path))
    .map(workspaceOf)
    .map((folder) => [JSON.parse(read(join(folder, 'package.json'))), folder] as const)
    .map(([manifest, folder]) => [manifest.name as string, { folder, exports: manifest.exports ?? {} }]),
);
const imports = files.flatMap(importsOf);

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function workspaceOf(path: string): string {
  const [area = '', name = ''] = path.split('/');
  return area === 'apps' || area === 'packages' ? `${area}/${name}` : area;
}

function isTest(path: string): boolean {
  return /\.test\.ts$|\/test-support\/|^(?:e2e|bench|bin|deploy)\/|^packages\/(?:contracts|testing)\//.test(
    path,
  );
}

function importsOf(from: string): Import[] {
  const text = read(from);
  const statements =
    /^\s*(?:import|export)\s(?:([^'";]*?)\sfrom\s)?['"]([^'"$]+)['"]|\bimport\(\s*['"]([^'"$]+)['"]\s*\)/gm;
  return [...text.matchAll(statements)].map((found) => {
    const name = found[2] ?? found[3] ?? '';
    const names = (found[1] ?? '')
      .replace(/\btype\b|[{}]/g, '')
      .split(',')
      .map((one) => one.trim().split(' ')[0] ?? '');
    return { from, to: resolve(from, name), name, names: names.filter(Boolean) };
  });
}

function resolve(from: string, name: string): string | null {
  if (name.startsWith('.')) {
    const path = normalize(join(dirname(from), name));
    return known.has(path) ? path : null;
  }
  const [scope, short, ...rest] = name.split('/');
  const target = packages.get(`${scope}/${short}`);
  if (!target) return null;
  const key = rest.length === 0 ? '.' : `./${rest.join('/')}`;
  const pattern: string | undefined =
    target.exports[key] ?? target.exports['./*']?.replace('*', rest.join('/'));
  return pattern === undefined ? null : normalize(join(target.folder, pattern));
}

/** Groups of names that reach each other; none where the graph has no cycle (Tarjan). */
function cycles(edges: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[] = [];
  const visit = (node: string): void => {
    index.set(node, index.size);
    low.set(node, index.get(node) ?? 0);
    stack.push(node);
    for (const next of edges.get(node) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(node, Math.min(low.get(node) ?? 0, low.get(next) ?? 0));
    }
    if (low.get(node) !== index.get(node)) return;
    const group = stack.splice(stack.indexOf(node));
    if (group.length > 1) found.push(group.sort().join(' ⇄ '));
  };
  for (const node of edges.keys()) if (!index.has(node)) visit(node);
  return found;
}

function graph(pairs: Iterable<readonly [string, string]>): Map<string, Set<string>> {
  const edges = new Map<string, Set<string>>();
  for (const [from, to] of pairs) {
    if (from === to) continue;
    edges.set(from, (edges.get(from) ?? new Set()).add(to));
    if (!edges.has(to)) edges.set(to, new Set());
  }
  return edges;
}

/** The first folder below `src`, or the file that stands in `src` itself. */
function place(path: string): string {
  return `${workspaceOf(path)}/${relative(`${workspaceOf(path)}/src`, path).split('/')[0]}`;
}

const inSource = imports.filter(({ from, to }) => to !== null && !isTest(from)) as (Import & {
  to: string;
})[];

describe('the import graph', () => {
  it('has no package that imports an app or e2e, tests included', () => {
    const wrong = imports.filter(
      ({ from, to }) => from.startsWith('packages/') && to !== null && /^(?:apps|e2e|bench)\//.test(to),
    );
    expect(wrong.map(({ from, name }) => `${from}: ${name}`)).toEqual([]);
  });

  it('has no app that imports e2e, tests included', () => {
    const wrong = imports.filter(({ from, to }) => from.startsWith('apps/') && to?.startsWith('e2e/'));
    expect(wrong.map(({ from, name }) => `${from}: ${name}`)).toEqual([]);
  });

  it('has no cycle of packages and apps', () => {
    expect(cycles(graph(inSource.map(({ from, to }) => [workspaceOf(from), workspaceOf(to)])))).toEqual([]);
  });

  it('has no cycle of folders', () => {
    const within = inSource.filter(({ from, to }) => workspaceOf(from) === workspaceOf(to));
    expect(cycles(graph(within.map(({ from, to }) => [place(from), place(to)])))).toEqual([]);
  });

  it('reaches another package by its name, never by a path, but in tests', () => {
    const wrong = inSource.filter(
      ({ from, to, name }) => name.startsWith('.') && workspaceOf(from) !== workspaceOf(to),
    );
    expect(wrong.map(({ from, name }) => `${from}: ${name}`)).toEqual([]);
  });

  it('is what the manifests say: each app and package lists the packages that its sources import', () => {
    const wrong = imports.filter(({ from, name }) => {
      // Types alone are gone before anything runs.
      const isOfRuntime = /^[.#]|^(?:node|astro|cloudflare):|^@cloudflare\/workers-types$/.test(name);
      if (!/^(?:apps|packages)\//.test(from) || isOfRuntime) return false;
      const manifest = JSON.parse(read(join(workspaceOf(from), 'package.json')));
      const needed = name.split('/', name.startsWith('@') ? 2 : 1).join('/');
      if (needed === manifest.name) return false;
      const own = {
        ...manifest.dependencies,
        ...(isTest(from) || isBuild(from) ? manifest.devDependencies : {}),
      };
      const ofTests = isTest(from) ? JSON.parse(read('package.json')).devDependencies : {};
      return !(needed in own) && !(needed in ofTests);
    });
    expect(wrong.map(({ from, name }) => `${from}: ${name}`)).toEqual([]);
  });

  it('leads a mail on and never back: no step of its way imports a file of an earlier one', () => {
    const table =
      read('docs/architecture.md').split('### One mail in eleven files')[1]?.split('\n###')[0] ?? '';
    const steps = [...table.matchAll(/\]\(\.\.\/([^)]+\.ts)\)/g)].map(([, path = '']) => path);
    expect(steps).toHaveLength(11);
    const edges = graph(inSource.flatMap((one) => declaredIn(one).map((to) => [one.from, to] as const)));
    const back = steps.flatMap((step, index) => {
      const reached = reachedFrom(step, edges);
      return steps
        .slice(0, index)
        .filter((earlier) => reached.has(earlier))
        .map((earlier) => `${step} → ${earlier}`);
    });
    expect(back).toEqual([]);
  });
});

it('has a way to the database from Workers that reaches nothing of Node', () => {
  const edges = graph(inSource.map(({ from, to }) => [from, to] as const));
  const reached = reachedFrom('packages/database/src/postgres/hyperdrive.ts', edges);
  expect(reached.has('packages/database/src/postgres/dialect.ts')).toBe(true);
  const wrong = imports.filter(({ from, name }) => reached.has(from) && name.startsWith('node:'));
  expect(wrong.map(({ from, name }) => `${from}: ${name}`)).toEqual([]);
});

describe.each(PORTABLE)('what runs on Workers, %s,', (line) => {
  const [folder = '', ...marks] = line.split(' ');
  const outside = marks
    .filter((mark) => mark.startsWith('!'))
    .map((mark) => `${folder}/${mark.slice(1)}${mark.endsWith('.ts') ? '' : '/'}`);
  const globals = marks.includes('+Buffer')
    ? /(?<![\w.'"`/-])process\.\w/
    : /(?<![\w.'"`/-])(?:process|Buffer)\.\w/;
  const isPortable = (path: string) =>
    path.startsWith(`${folder}/`) && !outside.some((other) => path.startsWith(other)) && !isTest(path);

  it('imports nothing of Node', () => {
    const wrong = imports.filter(
      ({ from, name, to }) =>
        isPortable(from) &&
        (name.startsWith('node:') ||
          /^@tinyfat\/[^/]+\/(?:node|sqlite)$/.test(name) ||
          outside.some((other) => to?.startsWith(other))),
    );
    expect(wrong.map(({ from, name }) => `${from}: ${name}`)).toEqual([]);
  });

  it('uses no global of Node', () => {
    const wrong = files.filter(isPortable).filter((path) => globals.test(code(path)));
    expect(wrong).toEqual([]);
  });
});

/** Where the imported names are declared: an index that only passes them on is looked through. */
function declaredIn({ from, to, names }: Import & { to: string }): string[] {
  if (from.endsWith('/index.ts')) return [];
  if (!to.endsWith('/index.ts')) return [to];
  const behind = inSource.filter((one) => one.from === to).map((one) => one.to);
  return names.flatMap((name) => {
    if (name === '*') return behind;
    const declares = new RegExp(`^export [\\w* ]*\\b${name}\\b`, 'm');
    return behind.filter((path) => declares.test(read(path)));
  });
}

/** Files that a file imports, and what those import. */
function reachedFrom(start: string, edges: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const reached = new Set<string>();
  const next = [start];
  for (let file = next.pop(); file !== undefined; file = next.pop()) {
    for (const to of edges.get(file) ?? []) {
      if (!reached.has(to)) next.push(to);
      reached.add(to);
    }
  }
  return reached;
}

/** Run when the checkout is built, not in production. */
function isBuild(path: string): boolean {
  return /^apps\/(?:step-mom\/|cli\/build\.ts|cli\/src\/build\/)|\/(?:astro\.config|openapi|make-fixture)\.ts$/.test(
    path,
  );
}

/** A source without its comments. */
function code(path: string): string {
  return read(path).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}
