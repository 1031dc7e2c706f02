export * from './create-accounts.ts';
export * from './sign-in-key.ts';
export * from './sign-in-mails.ts';
export type { SignUp } from './who-may-sign-in.ts';
