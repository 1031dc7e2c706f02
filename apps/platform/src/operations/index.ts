export * from './record.ts';
export * from './report-fault.ts';
