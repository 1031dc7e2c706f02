export * from './money.ts';
export * from './month.ts';
export * from './price.ts';
export * from './room.ts';
