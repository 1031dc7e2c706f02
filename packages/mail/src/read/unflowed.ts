/**
 * format=flowed (RFC 3676 section 4) as lines again: a line that ends in a blank goes on in the next one of the same quote
 * depth. Quote marks are taken off before lines are joined and put before the whole again, so that no quote becomes the
 * words of whoever quotes. A fixed line, a blank one, another depth and `-- ` end a paragraph.
 */
export function unflowed(text: string, delSp: boolean): string {
  const shown: string[] = [];
  let paragraph: string[] = [];
  let depth = 0;
  const end = () => {
    const whole = paragraph.join('');
    if (paragraph.length > 0)
      shown.push(`${'>'.repeat(depth)}${depth > 0 && whole !== '' ? ' ' : ''}${whole}`);
    paragraph = [];
  };
  for (const line of text.split(/\r?\n/)) {
    const marks = /^>*/.exec(line)?.[0].length ?? 0;
    const content = line.slice(marks).replace(/^ /, '');
    if (marks !== depth || content === '-- ' || content.trim() === '') end();
    depth = marks;
    const isFlowed = content.endsWith(' ') && content !== '-- ' && content.trim() !== '';
    paragraph.push(isFlowed && delSp ? content.slice(0, -1) : content);
    if (!isFlowed) end();
  }
  end();
  return shown.join('\n');
}
