export * from './accounts/contract.ts';
export * from './api/index.ts';
export * from './backend/contract.ts';
export * from './http/problem.ts';
export * from './operations/index.ts';
