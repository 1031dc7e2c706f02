/** Accounts where nobody is signed in or ever will be, for tests of other things. */
import type { Accounts, SignInRefusal } from '../contract.ts';

const over: SignInRefusal = { ok: false, code: 'sign_in_over' };

export const nobody: Accounts = {
  visit: async () => null,
  viewer: async () => null,
  ask: async () => over,
  asked: async () => null,
  linked: async () => null,
  confirmLink: async () => over,
  tryCode: async () => over,
  oidc: null,
  signOut: async () => [],
};
