/** What a turn finds in `/inbox`. */
import type { StepMomInput, TurnRequest } from '@tinyfat/core';
import { gitIdentity } from './git-identity.ts';

/** A file of the inbox; `path` is below it. */
interface InboxFile {
  path: string;
  content: Uint8Array;
}

/** What the runner finds out itself. */
interface InboxPlaces {
  /** The name below `sessions` of the session that the turn goes on with; null where it begins one. */
  sessionFile: string | null;
  /** Where the gateway is seen inside, without a slash at its end. */
  gatewayUrl: string;
}

/** All files, the attachments first: `input.json` stands for an inbox that is complete. */
export function inboxFiles(request: TurnRequest, { sessionFile, gatewayUrl }: InboxPlaces): InboxFile[] {
  const attachments: StepMomInput['email']['attachments'] = [];
  const files: InboxFile[] = [];
  for (const { filename, content, ...file } of request.attachments) {
    files.push({ path: `attachments/${filename}`, content });
    attachments.push({
      filename,
      content_type: file.contentType,
      detected_type: file.detectedType,
      marks: [...file.marks],
      content_id: file.contentId,
      inline: file.inline,
      size: content.length,
      path: `/inbox/attachments/${filename}`,
    });
  }
  const input: StepMomInput = {
    ...request.input,
    session: { id: request.input.session.id, file: sessionFile },
    model: {
      ...request.input.model,
      base_url: `${gatewayUrl}/anthropic`,
      demo: request.upstream.kind === 'demo',
    },
    email: { ...request.input.email, attachments },
  };
  const text = new TextEncoder();
  return [
    ...files,
    { path: 'gitconfig', content: text.encode(gitIdentity(request.input.agent)) },
    { path: 'input.json', content: text.encode(JSON.stringify(input)) },
  ];
}
