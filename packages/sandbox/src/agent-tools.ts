/**
 * Programs that make agents useful, and which of them the machine has. Agents use the machine's own `/usr`, read-only,
 * so what is installed there is what they can do. The packages are those of `deploy/agent-packages.txt` (a test compares
 * them), each with a program that shows that it is there, and npm, which comes with Node.
 */
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A program, the Debian package that has it, and whether agents of this machine can run it. */
export interface AgentTool {
  tool: string;
  package: string;
  present: boolean;
}

/** In the order of the report. */
const RECOMMENDED: readonly (readonly [tool: string, debianPackage: string])[] = [
  ['git', 'git'],
  ['curl', 'curl'],
  ['wget', 'wget'],
  ['jq', 'jq'],
  ['rg', 'ripgrep'],
  ['file', 'file'],
  ['less', 'less'],
  ['patch', 'patch'],
  ['ps', 'procps'],
  ['zip', 'zip'],
  ['unzip', 'unzip'],
  ['bzip2', 'bzip2'],
  ['xz', 'xz-utils'],
  ['bsdtar', 'libarchive-tools'],
  ['sqlite3', 'sqlite3'],
  ['python3', 'python3'],
  ['python3 -m venv', 'python3-venv'],
  ['pip3', 'python3-pip'],
  ['npm', 'npm'],
  ['pdftotext', 'poppler-utils'],
  ['qpdf', 'qpdf'],
  ['convert', 'imagemagick'],
  ['fc-list', 'fontconfig'],
  ['pandoc', 'pandoc'],
  ['tesseract', 'tesseract-ocr'],
];

/** Where programs lie that a sandbox shows; what a link of theirs leads to must be shown as well. */
const FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin'];
const SHOWN = ['/usr/', '/bin/', '/lib/', '/lib64/'];

/** The recommended tools, in a fixed order. Looks at files only; starts nothing. */
export function agentTools(folders: readonly string[] = FOLDERS): AgentTool[] {
  return RECOMMENDED.map(([tool, debianPackage]) => ({
    tool,
    package: debianPackage,
    present: tool === 'python3 -m venv' ? makesVenvs(folders) : programIn(tool, folders) !== null,
  }));
}

/** The recommended tools that are absent, and the line that installs their packages; null when all are there. */
export function missingAgentTools(
  tools: readonly AgentTool[] = agentTools(),
): { tools: AgentTool[]; install: string } | null {
  const missing = tools.filter((tool) => !tool.present);
  if (missing.length === 0) return null;
  const packages = [...new Set(missing.map((tool) => tool.package))];
  return { tools: missing, install: `apt-get install -y --no-install-recommends ${packages.join(' ')}` };
}

/** Debian has what `venv` needs in a package of its own, which adds a folder to Python's library. */
function makesVenvs(folders: readonly string[]): boolean {
  const python = programIn('python3', folders);
  if (python === null) return false;
  const library = join(dirname(dirname(python)), 'lib', basename(python), 'ensurepip');
  return statSync(library, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** What the name leads to, links followed; null when no folder has a program of that name that everybody may run. */
function programIn(name: string, folders: readonly string[]): string | null {
  for (const folder of folders) {
    try {
      const program = realpathSync(join(folder, name));
      accessSync(program, constants.X_OK);
      const found = statSync(program);
      const shown = [...SHOWN, ...folders.map((other) => `${other}/`)].some((part) =>
        program.startsWith(part),
      );
      if (shown && found.isFile() && (found.mode & 0o001) !== 0) return program;
    } catch {
      // Not in this folder, or a link that leads nowhere.
    }
  }
  return null;
}
