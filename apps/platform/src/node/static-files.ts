/** The files that the build made for browsers: read once, served by exact name, so that no path leads elsewhere. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assetHeaders } from '../http/asset-headers.ts';

/** Answers a request for one of the files in `folder`; null for everything else. */
export function staticFiles(folder: string): (request: Request) => Response | null {
  const files = new Map<string, { body: Uint8Array<ArrayBuffer>; headers: Record<string, string> }>();
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
  for (const entry of names) {
    const path = join(entry.parentPath, entry.name);
    const asked = path.slice(folder.length).replaceAll('\\', '/');
    const headers = assetHeaders(asked);
    if (!entry.isFile() || headers === null) continue;
    const body = new Uint8Array(readFileSync(path));
    files.set(asked, { body, headers: { ...headers, 'content-length': String(body.length) } });
  }
  return (request) => {
    const file = files.get(new URL(request.url).pathname);
    if (!file || (request.method !== 'GET' && request.method !== 'HEAD')) return null;
    return new Response(file.body, { headers: file.headers });
  };
}
