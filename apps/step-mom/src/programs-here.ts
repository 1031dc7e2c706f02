/** What the agent can work with, as its prompt says it. Looks at names in PATH; starts nothing. */
import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Programs that are worth a word. No other name in PATH goes into the prompt. */
const WORTH_A_WORD = [
  ...['git', 'gcc', 'make', 'curl', 'wget', 'jq', 'rg', 'sqlite3', 'psql', 'openssl', 'gpg'],
  ...['python3', 'pip3', 'uv', 'node', 'npm', 'java', 'javac', 'ruby', 'perl', 'php', 'go', 'cargo', 'R'],
  ...['pandoc', 'pdftotext', 'qpdf', 'convert', 'tesseract', 'ffmpeg', 'soffice', 'pdflatex', 'dot'],
  ...['chromium', 'zip', 'unzip', 'xz', '7z', 'bsdtar'],
];

/** What was found. */
export interface ProgramsHere {
  /** In a fixed order. */
  names: string[];
  /** `python3 -m venv` works: Debian keeps what it needs in a package of its own. */
  venv: boolean;
}

/** @param path - folders as in PATH; the first that has a name counts */
export function programsHere(path: string): ProgramsHere {
  const folders = path.split(':').filter((folder) => folder !== '');
  const names = WORTH_A_WORD.filter((name) => find(name, folders) !== null);
  const python = find('python3', folders);
  return { names, venv: python !== null && hasVenv(python) };
}

function find(name: string, folders: readonly string[]): string | null {
  for (const folder of folders) {
    const file = join(folder, name);
    try {
      const found = statSync(file, { throwIfNoEntry: false });
      if (found?.isFile() && (found.mode & 0o111) !== 0) return file;
    } catch {
      // A link that leads round in a circle, or a folder that is closed.
    }
  }
  return null;
}

function hasVenv(python: string): boolean {
  try {
    const program = realpathSync(python);
    return statSync(join(dirname(dirname(program)), 'lib', basename(program), 'ensurepip')).isDirectory();
  } catch {
    return false;
  }
}
