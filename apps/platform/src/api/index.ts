/** The JSON API for those who compose it, or call it in their own process. */
export type { Download } from './answer.ts';
export { type Ask, type AskFor, createAsk } from './ask.ts';
export { API_PREFIX, type Api, createApi, eventStreams } from './create-api.ts';
export type { ApiDeps, HealthReport } from './deps.ts';
export type { LocalMail } from './local-mail.ts';
export { isScope, OPERATOR, type Principal, SCOPES, type Scope } from './principal.ts';
export { readSkillHead, type SkillHead } from './resources/skill-head.ts';
export type { Fields, Route } from './route.ts';
/** What clients ask by: `agentRoutes.listAgents` … */
export * as agentRoutes from './routes/agents.ts';
export * as approvalRoutes from './routes/approvals.ts';
export * as attentionRoutes from './routes/attention.ts';
export * as budgetRoutes from './routes/budgets.ts';
export * as fileRoutes from './routes/files.ts';
export * as firstRunRoutes from './routes/first-run.ts';
export * as keyRoutes from './routes/keys.ts';
export * as mailRoutes from './routes/mails.ts';
export * as meRoutes from './routes/me.ts';
export * as outboxRoutes from './routes/outbox.ts';
export * as retentionRoutes from './routes/retention.ts';
export * as runRoutes from './routes/runs.ts';
export * as searchRoutes from './routes/search.ts';
export * as senderRoutes from './routes/senders.ts';
export * as sendingRoutes from './routes/sending.ts';
export * as tokenRoutes from './routes/tokens.ts';
export * as usageRoutes from './routes/usage.ts';
export {
  type CollectedSkill,
  checkAmount,
  checkPaths,
  isLeftOut,
  MAX_SKILL_ENTRIES,
  type SkillFile,
  SkillRefused,
} from './skills/collect.ts';
export { openSkillArchive } from './skills/read-archive.ts';
