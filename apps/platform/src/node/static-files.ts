/** The files that the build made for browsers: read once, served by exact name, so that no path leads elsewhere. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** Answers a request for one of the files in `folder`; null for everything else. */
export function staticFiles(folder: string): (request: Request) => Response | null {
  const files = new Map<string, { body: Uint8Array<ArrayBuffer>; headers: Record<string, string> }>();
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
  for (const entry of names) {
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const path = join(entry.parentPath, entry.name);
    const body = new Uint8Array(readFileSync(path));
    const headers = {
      'content-type': type,
      'content-length': String(body.length),
      // Names below _astro hold a hash of the content.
      'cache-control': path.includes('/_astro/')
        ? 'public, max-age=31536000, immutable'
        : 'public, max-age=3600',
    };
    files.set(path.slice(folder.length).replaceAll('\\', '/'), { body, headers });
  }
  return (request) => {
    const file = files.get(new URL(request.url).pathname);
    if (!file || (request.method !== 'GET' && request.method !== 'HEAD')) return null;
    return new Response(file.body, { headers: file.headers });
  };
}
