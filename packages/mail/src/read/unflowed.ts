/**
 * Text of format=flowed (RFC 3676) as lines. Quote marks are taken off before lines are joined, so that no quote ever
 * joins the sender's words; a paragraph ends at a line without a blank at its end, at a blank line, at a change of
 * depth and at the signature mark.
 */

/**
 * The text with its paragraphs on one line each. A quoted one begins with its quote marks and a blank; one that is not
 * and begins with `>` keeps its stuffed blank, so that it does not look quoted.
 *
 * @param delSp - the blank that ends a line was put there to wrap it (`DelSp=yes`)
 */
export function unflowed(text: string, delSp: boolean): string {
  const paragraphs: string[] = [];
  let open: { depth: number; pieces: string[] } | null = null;
  const close = () => {
    if (open !== null) paragraphs.push(shown(open.depth, open.pieces.join('')));
    open = null;
  };
  for (const line of text.split(/\r\n|\r|\n/)) {
    const depth = marks(line);
    const content = line.charAt(depth) === ' ' ? line.slice(depth + 1) : line.slice(depth);
    const signature = content === '-- ' || content === '--';
    if (open !== null && (open.depth !== depth || signature || content.trim() === '')) close();
    const flows = content.endsWith(' ') && !signature && content.trim() !== '';
    const piece = flows && delSp ? content.slice(0, -1) : content;
    open ??= { depth, pieces: [] };
    open.pieces.push(piece);
    if (!flows) close();
  }
  close();
  return paragraphs.join('\n');
}

function marks(line: string): number {
  let depth = 0;
  while (line.charAt(depth) === '>') depth += 1;
  return depth;
}

function shown(depth: number, content: string): string {
  if (depth > 0) return `${'>'.repeat(depth)} ${content}`;
  return content.startsWith('>') ? ` ${content}` : content;
}
