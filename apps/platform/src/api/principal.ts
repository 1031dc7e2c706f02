/** Who makes a request, and with which rights. */

/**
 * `read`: look at everything of one's own; `write`: change agents, senders, mails, files, outbox, budgets; `keys`: keys
 * of model providers; `tokens`: tokens of this API; `admin`: see everybody's.
 */
export const SCOPES = ['read', 'write', 'keys', 'tokens', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

interface Rights {
  /** The owner has opened a link that was mailed to them, and need not be signed in. */
  byLink?: true;
  /** Sees everybody's agents. Has the scope `admin`, too. */
  isAdmin: boolean;
  scopes: ReadonlySet<Scope>;
}

/**
 * `operator`: a program on the machine that has opened the data folder itself; it has no owner. `sessionId`: of the browser
 * that is signed in.
 */
export type Principal =
  | (Rights & { kind: 'operator'; owner: null })
  | (Rights & { kind: 'session'; owner: string; sessionId?: string })
  | (Rights & { kind: 'token'; owner: string; tokenId: string; expiresAt: number | null });

/** May do everything. */
export const OPERATOR: Principal = {
  kind: 'operator',
  owner: null,
  isAdmin: true,
  scopes: new Set(SCOPES),
};

/** Whether a text is a scope of the list. */
export function isScope(text: string): text is Scope {
  return SCOPES.some((scope) => scope === text);
}
