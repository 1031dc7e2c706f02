/** What the docs hold for readers to copy or follow: fenced blocks, code inside the text, links and the headings they name. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The root of the checkout. */
export const ROOT = join(import.meta.dirname, '../..');

/** A fenced block; lines count from 1. */
export interface Block {
  page: string;
  line: number;
  /** Empty where none is named. */
  language: string;
  text: string;
}

/** Something inside the text. */
export interface Inline {
  page: string;
  line: number;
  text: string;
}

/** One page of the docs. */
export interface Page {
  /** Path below the root of the checkout. */
  path: string;
  blocks: Block[];
  /** Between single backticks; in tables `\|` is a `|`. */
  code: Inline[];
  /** Targets of links. */
  links: Inline[];
  headings: { line: number; level: number; text: string }[];
  /** What links can name after a `#`. */
  anchors: Set<string>;
}

/** Reads a page by its path below the root. */
export function readPage(path: string): Page {
  return parsePage(path, readFileSync(join(ROOT, path), 'utf8'));
}

/** The same of a text. Throws where a fence is not closed. */
export function parsePage(path: string, markdown: string): Page {
  const page: Page = { path, blocks: [], code: [], links: [], headings: [], anchors: new Set() };
  let open: { indent: number; block: Block; lines: string[] } | null = null;
  const prose: string[] = [];
  for (const [index, line] of markdown.split('\n').entries()) {
    const fence = /^( *)```(\w*)\s*$/.exec(line);
    prose.push('');
    if (open) {
      if (fence && fence[2] === '') {
        page.blocks.push({ ...open.block, text: `${open.lines.join('\n')}\n` });
        open = null;
      } else {
        open.lines.push(line.slice(Math.min(open.indent, line.search(/\S|$/))));
      }
    } else if (fence) {
      const [, indent = '', language = ''] = fence;
      open = { indent: indent.length, block: { page: path, line: index + 1, language, text: '' }, lines: [] };
    } else {
      prose[index] = line;
      const [, marks = '', heading] = /^(#+) (.*)$/.exec(line) ?? [];
      if (heading === undefined) continue;
      page.headings.push({ line: index + 1, level: marks.length, text: heading });
      page.anchors.add(anchorOf(heading, page.anchors));
    }
  }
  if (open) throw new Error(`${path}:${open.block.line}: this block is not closed`);
  readText(page, prose);
  return page;
}

/** Code and links may go over the ends of lines, within a paragraph. */
function readText(page: Page, prose: string[]): void {
  const text = prose.join('\n');
  const lineAt = (offset: number) => text.slice(0, offset).split('\n').length;
  const withoutCode = text.replace(/`((?:[^`\n]|\n(?!\n))+)`/g, (whole, code: string, offset: number) => {
    page.code.push({
      page: page.path,
      line: lineAt(offset),
      text: code.replaceAll('\\|', '|').replace(/\s+/g, ' '),
    });
    return whole.replace(/[^\n]/g, 'x');
  });
  for (const match of withoutCode.matchAll(/\]\(([^)\s]+)\)/g)) {
    page.links.push({ page: page.path, line: lineAt(match.index), text: match[1] ?? '' });
  }
}

/** As GitHub makes it: lower case, without punctuation, blanks as hyphens; numbered where it is taken. */
function anchorOf(heading: string, taken: ReadonlySet<string>): string {
  const plain = heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
  let anchor = plain;
  for (let number = 1; taken.has(anchor); number++) anchor = `${plain}-${number}`;
  return anchor;
}
