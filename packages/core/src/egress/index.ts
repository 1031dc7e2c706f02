export * from './host-pattern.ts';
export * from './host-port.ts';
export * from './inside.ts';
export * from './ip-address.ts';
export * from './policy.ts';
