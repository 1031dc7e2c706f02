export * from './admission/evidence.ts';
export * from './ports.ts';
