export { type LocalRunnerDeps, localRunner, probeStepMom } from './local/local-runner.ts';
