export * from './accounts/contract.ts';
export * from './api/index.ts';
export * from './contract.ts';
export * from './http/problem.ts';
export * from './operations/health-report.ts';
export { readiness } from './operations/readiness.ts';
export * from './operations/report-fault.ts';
