/** Headers of the files that the build made for browsers, wherever they are served from. */

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  woff2: 'font/woff2',
};

/** The headers of the file at this path of a URL; null where no file of that kind is served. */
export function assetHeaders(path: string): { 'content-type': string; 'cache-control': string } | null {
  const extension = /\.([a-z\d]+)$/.exec(path)?.[1] ?? '';
  const type = TYPES[extension];
  if (type === undefined) return null;
  return {
    'content-type': type,
    // Names below _astro hold a hash of the content.
    'cache-control': path.includes('/_astro/')
      ? 'public, max-age=31536000, immutable'
      : 'public, max-age=3600',
  };
}
