export * from './approval-notices.ts';
export * from './decision-link.ts';
