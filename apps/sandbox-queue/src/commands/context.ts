/** What every command works with, and what it gives. */
import type { AgentConfig } from '@tinyfat/core';
import type { Letter } from '@tinyfat/mail';
import type { ConsumerDeps, Work } from '../consumer.ts';

export interface CommandContext {
  deps: ConsumerDeps;
  work: Work;
  config: AgentConfig;
  /** Key of the session scope that the mail belongs to. */
  scope: string;
}

export interface CommandAnswer {
  letter: Letter;
  /** Becomes the current session of the scope. */
  sessionId?: string;
}
