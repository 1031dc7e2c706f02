/** The objects of one bucket, in memory, and S3's listing of them (ListObjectsV2). */
import { createHash } from 'node:crypto';

export interface StoredObject {
  bytes: Buffer;
  etag: string;
  /** Epoch ms. */
  modifiedAt: number;
  /** `x-amz-meta-…` without that beginning. */
  meta: Record<string, string>;
}

export function storedObject(bytes: Buffer, meta: Record<string, string>, now: number): StoredObject {
  return { bytes, meta, modifiedAt: now, etag: `"${createHash('md5').update(bytes).digest('hex')}"` };
}

/** The answer to a listing as XML; at most `mostKeys` entries, whatever is asked for. */
export function listing(
  objects: ReadonlyMap<string, StoredObject>,
  query: URLSearchParams,
  mostKeys: number,
): string {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
  const most = Math.min(Number(query.get('max-keys') ?? 1000), mostKeys);
  const entries: { name: string; object: StoredObject | null }[] = [];
  for (const key of [...objects.keys()].filter((key) => key.startsWith(prefix)).sort(byBytes)) {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const name = end < 0 ? key : key.slice(0, end + delimiter.length);
    if (byBytes(name, after) <= 0 || entries.at(-1)?.name === name) continue;
    entries.push({ name, object: end < 0 ? (objects.get(key) ?? null) : null });
  }
  const page = entries.slice(0, most);
  const isUrl = query.get('encoding-type') === 'url';
  const text = (name: string) => (isUrl ? encodeURIComponent(name).replaceAll('%2F', '/') : escaped(name));
  const more = entries.length > page.length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    `<Prefix>${text(prefix)}</Prefix><IsTruncated>${more}</IsTruncated>`,
    isUrl ? '<EncodingType>url</EncodingType>' : '',
    more ? `<NextContinuationToken>${escaped(page.at(-1)?.name ?? '')}</NextContinuationToken>` : '',
    ...page.map(({ name, object }) =>
      object === null
        ? `<CommonPrefixes><Prefix>${text(name)}</Prefix></CommonPrefixes>`
        : `<Contents><Key>${text(name)}</Key><LastModified>${new Date(object.modifiedAt).toISOString()}</LastModified><ETag>${escaped(object.etag)}</ETag><Size>${object.bytes.length}</Size></Contents>`,
    ),
    '</ListBucketResult>',
  ].join('');
}

/** Text as it may stand in an element. */
export function escaped(text: string): string {
  return text.replace(/[<>&'"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** S3 sorts by the bytes of UTF-8. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
