export * from './http-server.ts';
export * from './metrics.ts';
