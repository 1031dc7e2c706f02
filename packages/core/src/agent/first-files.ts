/** The files that a new agent begins with (DESIGN section 5). They are its own from then on. */

/** MEMORY.md and config.json of a new agent. */
export function firstFiles(agent: {
  name: string;
  address: string;
  owner: string;
  model: string | undefined;
}): Record<string, string> {
  return {
    'MEMORY.md': `# Identity

- Name: ${agent.name}
- Address: ${agent.address}
- Owner: ${agent.owner}

# Writing mail

The last text of a turn is sent as the reply; nothing else is needed for an answer. For any other mail, write
a JSON file to \`/data/outbox/email/\`, for example \`report.json\`:

\`\`\`json
{
  "to": ["someone@example.com"],
  "subject": "The report",
  "body": "Markdown or plain text.",
  "attachments": [{ "path": "/data/report.pdf" }],
  "status": "pending"
}
\`\`\`

After the turn it lies in \`/data/outbox/sent/\`, or in \`/data/outbox/failed/\` with the reason.

# Notes

`,
    'config.json': `${JSON.stringify({ model: agent.model ?? 'haiku', session_scope: 'agent' }, null, 2)}\n`,
  };
}
