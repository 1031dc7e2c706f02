/** Which mails of one agent share a current session. Keys are compared only within one agent. */
import type { CanonicalAddress } from '../admission/canonical-address.ts';
import { parseMessageId } from '../threading/message-id.ts';
import type { ParentHeaders } from '../threading/reply-headers.ts';

/** `agent`: all mails; `sender`: those of one person; `thread`: those of one thread. */
export const SESSION_SCOPES = ['agent', 'sender', 'thread'] as const;
export type SessionScope = (typeof SESSION_SCOPES)[number];

/**
 * The key of the session that a mail belongs to. A sender's plus-tags are one sender. A thread is named by the
 * first id of References, else In-Reply-To, else the mail's own Message-ID, else `fallback` (an id of the mail).
 */
export function sessionScopeKey(
  scope: SessionScope,
  mail: ParentHeaders & { sender: CanonicalAddress; fallback: string },
): string {
  switch (scope) {
    case 'agent':
      return 'agent';
    case 'sender':
      return `sender:${mail.sender.base}`;
    case 'thread':
      return `thread:${threadRoot(mail) ?? mail.fallback}`;
  }
}

function threadRoot(mail: ParentHeaders): string | null {
  for (const id of [...mail.references, mail.inReplyTo, mail.messageId]) {
    const parsed = id === null ? null : parseMessageId(id);
    if (parsed !== null) return parsed;
  }
  return null;
}
