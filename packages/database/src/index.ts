export * from './agents.ts';
export * from './deliveries.ts';
export * from './mails.ts';
export * from './runs.ts';
export * from './schema.ts';
export * from './sessions.ts';
export * from './sqlite.ts';
