export { type LlmUpstreams, llmUpstreams } from './keys/llm-upstreams.ts';
export { type LocalRunnerDeps, localRunner, probeStepMom } from './local/local-runner.ts';
