import { dirname } from 'node:path';
import type { OnLoadResult, OnResolveResult, Plugin } from 'esbuild';

/**
 * What one turn needs of pi. pi's packages are one program with a terminal interface, forty providers and a package
 * manager; a turn uses a session, four tools and one provider. What it leaves out bought, in one run against the same
 * program built of pi's exports as they are (medians of 10 starts with a full compile cache, until the first model
 * request): 157 ms of processor time instead of 374, 74 MB of memory instead of 109, 8 files loaded instead of 35, and a
 * bundle of 3.8 MB instead of 12.7.
 *
 * What reaches below pi's exports holds for the pinned version only, and fails loudly: a module that nothing imports any
 * more is a build error, and what is left out throws when it is used.
 */

/** Packages that only a terminal, a package manager or files of settings use. */
const PACKAGES =
  /^(?:undici|highlight\.js\/.+|lovely-mermaid|marked|marked-cjk-friendly|@earendil-works\/pi-tui|proper-lockfile|hosted-git-info|semver|minimatch)$/;

/** The terminal interface makes its themes while it is loaded. */
const TERMINAL = /\/pi-coding-agent\/dist\/modes\//;

/** Modules with others in their place, by the end of their paths. */
const REPLACEMENTS: Record<string, string> = {
  // Under the exported path `pi-ai/providers/all`: all but one are providers that no model of ours has.
  'pi-ai/dist/providers/all.js': `
import { anthropicProvider } from './anthropic.js';
import { createModels } from '../models.js';
const none = () => {};
export const builtinProviders = () => [anthropicProvider()];
export const builtinModels = createModels;
export { none as getBuiltinModelDataGeneratedAt, none as getBuiltinModel, none as getBuiltinModels, none as getBuiltinProviders };`,
  // No models.json is ever read; its schema, compiled while it is loaded, took a quarter of that time.
  'pi-coding-agent/dist/core/model-config.js': `
export class ModelConfig {
  static load = async () => new ModelConfig();
  getProvider() {}
  getProviderIds = () => [];
  getError() {}
}`,
};

/** Modules that only define things: one that nothing uses needs not be loaded. */
const WITHOUT_SIDE_EFFECTS = /\/@earendil-works\/pi-[a-z-]+\/dist\/(?!compat\.js|session-resources\.js)/;

/** Any name can be imported from it; using one throws. */
function leftOut(path: string): string {
  return `const leftOut = (name) => class { constructor() { throw new Error(name + ' of ${path} is left out of the sandbox build'); } };
module.exports = Object.create(new Proxy({}, { get: (_, name) => name === '__esModule' || leftOut(name) }));`;
}

/** The esbuild plugin. */
export const leanPi: Plugin = {
  name: 'lean-pi',
  setup(build) {
    const used = new Set<string>();
    const resolving = Symbol('resolving');
    const without = (path: string): OnResolveResult => ({ path, namespace: 'left-out', sideEffects: false });

    // The image library reads its WebAssembly from beside itself, so it stays a file of its own.
    build.onResolve({ filter: /^@silvia-odwyer\/photon-node$/ }, () => ({
      path: './photon_rs.cjs',
      external: true,
    }));

    build.onResolve({ filter: PACKAGES }, ({ path }) => without(path));

    build.onResolve(
      { filter: /^(?:\.|@earendil-works\/)/ },
      async (args): Promise<OnResolveResult | null> => {
        if (args.pluginData === resolving) return null;
        const { path, kind, importer, resolveDir } = args;
        // What pi loads later is other providers, sign-in, MCP and codemode.
        const isLazy = kind === 'dynamic-import' && importer.includes('/@earendil-works/');
        if (isLazy && !path.endsWith('/anthropic-messages.js')) return without('later');
        const found = await build.resolve(path, { kind, importer, resolveDir, pluginData: resolving });
        if (found.errors.length > 0 || found.namespace !== 'file') return found;
        if (TERMINAL.test(found.path)) return without('the terminal');
        return WITHOUT_SIDE_EFFECTS.test(found.path) ? { ...found, sideEffects: false } : found;
      },
    );
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({ contents: leftOut(path) }));

    build.onLoad({ filter: /node_modules/ }, (args): OnLoadResult | null => {
      const end = Object.keys(REPLACEMENTS).find((path) => args.path.endsWith(`/${path}`));
      if (end === undefined) return null;
      used.add(end);
      return { contents: REPLACEMENTS[end] ?? '', resolveDir: dirname(args.path) };
    });

    build.onEnd(() => {
      const unused = Object.keys(REPLACEMENTS).filter((end) => !used.has(end));
      return { errors: unused.map((end) => ({ text: `nothing imports ${end} any more: pi has changed` })) };
    });
  },
};
