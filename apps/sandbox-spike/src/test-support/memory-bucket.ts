/** A bucket in memory, for what has too many or too large objects to be signed and sent over HTTP. */
import { sha256Hex } from '@tinyfat/core';
import type { Bucket } from '@tinyfat/storage';
import { contentBytes, type OpenedObject } from '@tinyfat/storage/copy';

interface Stored {
  bytes: Uint8Array<ArrayBuffer>;
  head: Omit<OpenedObject, 'body'>;
}

export interface MemoryBucket extends Bucket {
  objects: Map<string, Stored>;
  /** Keys that were written, in order. */
  puts: string[];
  text(key: string): string | undefined;
}

export function memoryBucket(): MemoryBucket {
  const objects = new Map<string, Stored>();
  const puts: string[] = [];
  let etags = 0;
  return {
    objects,
    puts,
    text(key) {
      const stored = objects.get(key);
      return stored && new TextDecoder().decode(stored.bytes);
    },
    async get(key) {
      const stored = objects.get(key);
      return stored ? { ...stored.head, body: new Blob([stored.bytes]).stream() } : null;
    },
    head: async (key) => objects.get(key)?.head ?? null,
    async put(key, content, { only, meta = {} } = {}) {
      const bytes = await contentBytes(content);
      const there = objects.get(key);
      if (only && (only === 'absent' ? there !== undefined : there?.head.etag !== only.etag))
        return { ok: false, reason: 'conflict' };
      etags += 1;
      const etag = `"${etags}"`;
      const head = {
        size: bytes.length,
        etag,
        modifiedAt: Date.now(),
        meta: { sha256: await sha256Hex(bytes), ...meta },
      };
      objects.set(key, { bytes, head });
      puts.push(key);
      return { ok: true, etag };
    },
    copy: async () => false,
    async remove(keys) {
      for (const key of keys) objects.delete(key);
    },
    async list({ prefix }) {
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).sort();
      const found = keys.flatMap((key) => {
        const stored = objects.get(key);
        return stored ? [{ key, ...stored.head }] : [];
      });
      return { objects: found, prefixes: [], next: null };
    },
  };
}
