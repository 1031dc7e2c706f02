/** Paths in an agent's folder as parts of addresses. The agent made the names: any characters may be in them. */

/** The pages of the files of the agent of this name. */
export function filesHref(agent: string, path = ''): string {
  const below = path === '' ? '' : `/${encodePath(path)}`;
  return `/agents/${encodeURIComponent(agent)}/files${below}`;
}

/** Where the API gives a file as a download. */
export function downloadHref(agent: string, path: string): string {
  return `/api/v1/agents/${encodeURIComponent(agent)}/files/${encodePath(path)}`;
}

/** The path in the folder that the address of such a page names, by its undecoded path; null where it names none. */
export function pathInFolder(pathname: string): string | null {
  const [, , , , ...parts] = pathname.replace(/\/$/, '').split('/');
  try {
    const names = parts.map(decodeURIComponent);
    return names.some((name) => name === '' || name.includes('/')) ? null : names.join('/');
  } catch {
    return null;
  }
}

/** The folders above a path and itself, each with its own name. */
export function steps(path: string): { name: string; path: string }[] {
  const names = path === '' ? [] : path.split('/');
  return names.map((name, at) => ({ name, path: names.slice(0, at + 1).join('/') }));
}

/** A link leads there only where the API takes the name: not with control characters in it. */
export function canBeNamed(name: string): boolean {
  return !/[\p{Cc}\u2028\u2029\ufffd]/u.test(name) && name.isWellFormed();
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
