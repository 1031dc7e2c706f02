import { dirname, join } from 'node:path';
import type { OnLoadResult, Plugin } from 'esbuild';

/**
 * What one turn needs of pi, and nothing else. pi's packages are one program with a terminal interface, forty
 * providers and a package manager; a turn uses a session, four tools and one provider.
 *
 * It reaches below pi's public exports, so it holds for the pinned version only. It fails loudly: a module that
 * moved, a name that is no longer exported, and a replacement that nothing asked for are all build errors.
 */

/** Where the names that step-mom imports from pi's index really live, below `dist/`. */
const piEntry = `
export { createAgentSession } from './core/sdk.js';
export { createExtensionRuntime } from './core/extensions/loader.js';
export { loadSkills } from './core/skills.js';
export { ModelRuntime } from './core/model-runtime.js';
export { CURRENT_SESSION_VERSION, SessionManager } from './core/session-manager.js';
export { SettingsManager } from './core/settings-manager.js';
export { createBashToolDefinition, createLocalBashOperations } from './core/tools/bash.js';
`;

/** A module whose names throw when they are called: what stands behind them is not part of a turn. */
function leftOut(...names: string[]): string {
  const lines = names.map(
    (name) =>
      `export function ${name}() { throw new Error('${name} of pi is left out of the sandbox build'); }`,
  );
  return lines.join('\n');
}

const anthropicOnly = `
import { anthropicProvider } from './anthropic.js';
import { ANTHROPIC_MODELS } from './anthropic.models.js';
import { createModels } from '../models.js';
export const builtinProviders = () => [anthropicProvider()];
export const getBuiltinModelDataGeneratedAt = () => undefined;
export const getBuiltinProviders = () => ['anthropic'];
export const getBuiltinModels = (provider) => (provider === 'anthropic' ? Object.values(ANTHROPIC_MODELS) : []);
export const getBuiltinModel = (provider, id) => (provider === 'anthropic' ? ANTHROPIC_MODELS[id] : undefined);
export function builtinModels(options) {
  const models = createModels(options);
  models.setProvider(anthropicProvider());
  return models;
}
${leftOut('radiusProvider')}
`;

/** No models.json is ever read; compiling its schema took a tenth of the start. */
const noModelConfig = `
export class ModelConfig {
  static async load(path) {
    if (path) throw new Error('models.json is left out of the sandbox build');
    return new ModelConfig();
  }
  getProvider() { return undefined; }
  getProviderIds() { return []; }
  getError() { return undefined; }
}
`;

/** A provider API that no model of ours uses. */
function noApi(name: string): string {
  return `${leftOut('use')}
export const ${name} = () => ({ stream: use, streamSimple: use });`.replaceAll('use of pi', `${name} of pi`);
}

/** Replacements by the end of the module's path. Every one must be used, or the build fails. */
const replacements: Record<string, string> = {
  'pi-ai/dist/providers/all.js': anthropicOnly,
  'pi-ai/dist/image-models.generated.js': 'export const IMAGE_MODELS = {};',
  'pi-ai/dist/providers/images/register-builtins.js': '',
  'pi-ai/dist/api/azure-openai-responses.lazy.js': noApi('azureOpenAIResponsesApi'),
  'pi-ai/dist/api/bedrock-converse-stream.lazy.js': noApi('bedrockConverseStreamApi'),
  'pi-ai/dist/api/google-generative-ai.lazy.js': noApi('googleGenerativeAIApi'),
  'pi-ai/dist/api/google-vertex.lazy.js': noApi('googleVertexApi'),
  'pi-ai/dist/api/mistral-conversations.lazy.js': noApi('mistralConversationsApi'),
  'pi-ai/dist/api/openai-codex-responses.lazy.js': noApi('openAICodexResponsesApi'),
  'pi-ai/dist/api/openai-completions.lazy.js': noApi('openAICompletionsApi'),
  'pi-ai/dist/api/openai-responses.lazy.js': noApi('openAIResponsesApi'),
  'pi-ai/dist/api/pi-messages.lazy.js': noApi('piMessagesApi'),
  'pi-coding-agent/dist/core/extensions/jiti-loader.js': leftOut('createJiti'),
  'pi-coding-agent/dist/core/extensions/jiti-static-loader.js': leftOut('createJiti'),
  'pi-coding-agent/dist/core/extensions/virtual-modules.js': 'export const VIRTUAL_MODULES = {};',
  'pi-coding-agent/dist/core/resource-loader.js': leftOut('DefaultResourceLoader'),
  'pi-coding-agent/dist/core/model-config.js': noModelConfig,
  'pi-coding-agent/dist/core/model-resolver.js': leftOut('findInitialModel'),
  'pi-coding-agent/dist/core/auth-storage.js': `
export const AuthStorage = { create() { throw new Error('credentials are in memory here'); } };
${leftOut('FileAuthStorageBackend')}`,
  'pi-coding-agent/dist/core/export-html/index.js': leftOut('exportSessionToHtml'),
  'pi-coding-agent/dist/core/export-html/tool-renderer.js': leftOut('createToolHtmlRenderer'),
  'pi-coding-agent/dist/modes/interactive/theme/theme.js': `
export const theme = {};
${leftOut('getThemeByName')}`,
  'pi-coding-agent/dist/core/tools/renderers/bash.js': `
export const BASH_UPDATE_THROTTLE_MS = 100;
export const createShellRenderers = () => ({});`,
  'pi-coding-agent/dist/core/tools/renderers/edit.js': 'export const editRenderers = {};',
  'pi-coding-agent/dist/core/tools/renderers/find.js': 'export const findRenderers = {};',
  'pi-coding-agent/dist/core/tools/renderers/grep.js': 'export const grepRenderers = {};',
  'pi-coding-agent/dist/core/tools/renderers/ls.js': 'export const lsRenderers = {};',
  'pi-coding-agent/dist/core/tools/renderers/read.js': 'export const readRenderers = {};',
  'pi-coding-agent/dist/core/tools/renderers/write.js': 'export const writeRenderers = {};',
  // pi's own fetch dispatcher is not installed; Node's fetch is used.
  'undici/index.js': '',
  'proper-lockfile/index.js': 'export default {};',
};

/** Packages whose modules only define things: one that nothing uses needs not be loaded. */
const withoutSideEffects = /[\\/]@earendil-works[\\/](?:pi-agent-core|pi-coding-agent|pi-tui)[\\/]dist[\\/]/;

/** Ends of paths, with `/` on every system. */
function replacementFor(path: string): string | undefined {
  const normal = path.replaceAll('\\', '/');
  return Object.keys(replacements).find((end) => normal.endsWith(`/${end}`));
}

/** The esbuild plugin. `piIndex` is the resolved main module of pi's coding agent. */
export function leanPi(piIndex: string): Plugin {
  return {
    name: 'lean-pi',
    setup(build) {
      const used = new Set<string>();
      const resolving = Symbol('resolving');

      build.onResolve({ filter: /^@earendil-works\/pi-coding-agent$/ }, () => ({
        path: join(dirname(piIndex), 'entry-of-step-mom.js'),
        namespace: 'lean-pi-entry',
        sideEffects: false,
      }));
      build.onLoad({ filter: /.*/, namespace: 'lean-pi-entry' }, () => ({
        contents: piEntry,
        resolveDir: dirname(piIndex),
      }));

      // The image library reads its WebAssembly from beside itself, so it stays a file of its own.
      build.onResolve({ filter: /^@silvia-odwyer\/photon-node$/ }, () => ({
        path: './photon_rs.cjs',
        external: true,
      }));

      build.onResolve({ filter: /^(?:\.|@earendil-works\/)/ }, async (args) => {
        if (args.pluginData === resolving || !args.importer.includes('node_modules')) return null;
        const { path, kind, importer, resolveDir } = args;
        const found = await build.resolve(path, { kind, importer, resolveDir, pluginData: resolving });
        if (found.errors.length > 0 || found.external) return found;
        return withoutSideEffects.test(found.path) ? { ...found, sideEffects: false } : found;
      });

      build.onLoad({ filter: /node_modules/ }, (args): OnLoadResult | null => {
        const end = replacementFor(args.path);
        if (end === undefined) return null;
        used.add(end);
        return { contents: replacements[end] ?? '', resolveDir: dirname(args.path) };
      });

      build.onEnd(() => {
        const unused = Object.keys(replacements).filter((end) => !used.has(end));
        return { errors: unused.map((end) => ({ text: `nothing imports ${end} any more: pi has changed` })) };
      });
    },
  };
}
