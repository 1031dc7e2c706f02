/**
 * Settings of git for one agent, in the stead of the machine's: who commits, and the name of a first branch. What the
 * agent sets itself, for all its work or in one repository, wins (git-config(1), "FILES").
 */
export function gitIdentity(agent: { name: string; address: string }): string {
  return `[user]
\tname = ${quoted(agent.name)}
\temail = ${quoted(agent.address)}
[init]
\tdefaultBranch = main
`;
}

/** A value in quotes; what is no text in a line is left out. */
function quoted(value: string): string {
  const text = value.replace(/\p{C}/gu, '');
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
