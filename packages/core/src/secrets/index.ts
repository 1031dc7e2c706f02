export * from './base64url.ts';
export * from './envelope.ts';
export * from './master-keys.ts';
export * from './provider-key.ts';
