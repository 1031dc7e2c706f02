/** The only file that the demo model ever writes. */
const MEMORY = '/data/MEMORY.md';
const MARKS = { memory: '--- MEMORY.md', attachments: '--- attachments', folder: '--- folder' } as const;

/** Reads only: the beginning of MEMORY.md, the mail's attachments, the agent's folder. */
export function lookCommand(): string {
  return [
    `echo '${MARKS.memory}'; head -n 12 ${MEMORY} 2>/dev/null`,
    `echo '${MARKS.attachments}'; ls -1q /inbox/attachments 2>/dev/null | head -n 20`,
    `echo '${MARKS.folder}'; ls -1pq /data | head -n 40`,
  ].join('\n');
}

/** Prints MEMORY.md. */
export function recallCommand(): string {
  return `head -c 6000 ${MEMORY}`;
}

/**
 * Appends one line to MEMORY.md unless it is there already (a turn may be tried again), on a line of its own even
 * where the file has no newline at its end, and shows the line as it now stands in the file.
 */
export function rememberCommand(note: string): string {
  const line = shellQuoted(memoryLine(note));
  return [
    `if ! grep -qxF -e ${line} ${MEMORY} 2>/dev/null; then`,
    `  if [ -s ${MEMORY} ] && [ -n "$(tail -c 1 ${MEMORY})" ]; then echo >> ${MEMORY}; fi`,
    `  printf '%s\\n' ${line} >> ${MEMORY}`,
    'fi',
    `grep -xF -m 1 -e ${line} ${MEMORY}`,
  ].join('\n');
}

/** The note as a line of a Markdown list; line breaks and control characters become spaces. */
export function memoryLine(note: string): string {
  return `- ${note
    .replace(/\p{C}|\p{Zl}|\p{Zp}/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()}`;
}

/** One shell word, whatever it holds (POSIX XCU section 2.2.2). */
function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** What `lookCommand` printed. */
export interface Findings {
  memory: string[];
  attachments: string[];
  folder: string[];
}

/** Reads the output of `lookCommand`; parts that are missing are empty. */
export function readFindings(output: string): Findings {
  const findings: Findings = { memory: [], attachments: [], folder: [] };
  let part: keyof Findings | null = null;
  for (const line of output.split('\n')) {
    if (line === MARKS.memory) part = 'memory';
    else if (line === MARKS.attachments) part = 'attachments';
    else if (line === MARKS.folder) part = 'folder';
    else if (part !== null && line.trim() !== '') findings[part].push(line);
  }
  return findings;
}
