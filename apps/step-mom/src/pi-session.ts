import { type Api, hasApi, InMemoryCredentialStore, type Model } from '@earendil-works/pi-ai';
import {
  type AgentSession,
  createAgentSession,
  createExtensionRuntime,
  loadSkills,
  ModelRuntime,
  type ResourceLoader,
  type SessionManager,
  SettingsManager,
  type ToolDefinition,
} from '@earendil-works/pi-coding-agent';
import type { StepMomInput } from '@tinyfat/core';
import { judgeModelCalls, type ModelCalls } from './model-calls.ts';

/** pi stores nothing of its own on disk: every file that it would read from here is replaced by a value. */
const noAgentFolder = '/nonexistent/pi';

/** As https://agentskills.io/specification has them, characters. */
const longestSkillName = 64;
const longestSkillDescription = 1024;

/**
 * Each request holds the whole conversation and names one model, so that the gateway can say beforehand what it may cost;
 * our tools never change, so the provider needs not prepare for that.
 */
const wholeRequests = {
  supportsMessageThreads: false,
  allowedFallbackModels: [],
  supportsMidConvoToolChanges: false,
};

/** A model of pi's, and the runtime that calls it. */
export interface ChosenModel {
  runtime: ModelRuntime;
  model: Model<Api>;
}

/** The model that was asked for, or the ids of those that there are. */
type ModelChoice = ({ ok: true } & ChosenModel) | { ok: false; known: string[] };

/** Finds a model among those that pi knows. Its key is the run token, its address the gateway. */
export async function chooseModel(wanted: StepMomInput['model'], runToken: string): Promise<ModelChoice> {
  const runtime = await ModelRuntime.create({
    credentials: new InMemoryCredentialStore(),
    modelsPath: null,
    refreshOnCreate: false,
  });
  const model = runtime.getModel('anthropic', wanted.id);
  if (model === undefined || !hasApi(model, 'anthropic-messages')) {
    return { ok: false, known: runtime.getModels('anthropic').map(({ id }) => id) };
  }
  await runtime.setRuntimeApiKey('anthropic', runToken);
  const maxTokens = Math.min(model.maxTokens, wanted.max_tokens ?? model.maxTokens);
  const compat = { ...model.compat, ...wholeRequests };
  return { ok: true, runtime, model: { ...model, maxTokens, baseUrl: wanted.base_url, compat } };
}

/** Nothing is looked up: no extensions, themes, prompt templates or context files; only our prompt and skills. */
function fixedResources(systemPrompt: string, memory: string, skillPaths: string[]): ResourceLoader {
  const loaded = loadSkills({ cwd: '/', agentDir: noAgentFolder, skillPaths, includeDefaults: false });
  // Both stand in every prompt; the standard of skills allows no longer ones, pi does.
  const skills = loaded.skills.map((skill) => ({
    ...skill,
    name: skill.name.slice(0, longestSkillName),
    description: skill.description.slice(0, longestSkillDescription),
  }));
  return {
    getExtensions: () => ({ extensions: [], errors: [], runtime: createExtensionRuntime() }),
    getSkills: () => ({ skills, diagnostics: [] }),
    getPrompts: () => ({ prompts: [], diagnostics: [] }),
    getThemes: () => ({ themes: [], diagnostics: [] }),
    getAgentsFiles: () => ({ agentsFiles: [] }),
    getSystemPrompt: () => systemPrompt,
    getSystemPromptSource: () => undefined,
    getAppendSystemPrompt: () => [memory],
    getAppendSystemPromptSources: () => [],
    extendResources: () => {},
    reload: async () => {},
  };
}

/** What a session is made of. */
interface SessionParts extends ChosenModel {
  /** Where the tools work. */
  cwd: string;
  manager: SessionManager;
  systemPrompt: string;
  memory: string;
  /** Files of skills, and folders that are walked without a bound. */
  skillPaths: string[];
  bash: ToolDefinition;
  limits: StepMomInput['limits'];
}

/**
 * A pi session with everything explicit. It opens no connection but the model's, sends no telemetry, and writes
 * nothing but its session file. `lastFailure` says why the last model call that failed did.
 */
export async function createSession(
  parts: SessionParts,
): Promise<{ session: AgentSession; lastFailure: ModelCalls['lastFailure'] }> {
  const settingsManager = SettingsManager.inMemory(
    {
      enableInstallTelemetry: false,
      enableAnalytics: false,
      quietStartup: true,
      cacheWarming: 'off',
      compaction: { enabled: true },
      retry: {
        enabled: parts.limits.llm_retries > 0,
        maxRetries: parts.limits.llm_retries,
        baseDelayMs: parts.limits.retry_base_ms,
        // The watchdog of the turn is the one that ends a silent request.
        provider: { maxRetries: 0, timeoutMs: Math.min(2 * parts.limits.stall_ms, 2_147_483_647) },
      },
    },
    { projectTrusted: false },
  );
  const { session } = await createAgentSession({
    cwd: parts.cwd,
    agentDir: noAgentFolder,
    model: parts.model,
    thinkingLevel: 'off',
    modelRuntime: parts.runtime,
    settingsManager,
    sessionManager: parts.manager,
    resourceLoader: fixedResources(parts.systemPrompt, parts.memory, parts.skillPaths),
    tools: ['read', 'bash', 'edit', 'write'],
    customTools: [parts.bash],
  });
  const calls = judgeModelCalls(session.agent.streamFunction, session.sessionId);
  session.agent.streamFunction = calls.stream;
  return { session, lastFailure: calls.lastFailure };
}
