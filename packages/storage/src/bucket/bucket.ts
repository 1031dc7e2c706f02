/** The port between storage and a bucket: the few operations that every kind of object store has. */

/** What a bucket says of an object. Times are epoch ms; `meta` is what was stored with it: short ASCII names and values. */
export interface ObjectHead {
  size: number;
  etag: string;
  modifiedAt: number;
  meta: Record<string, string>;
}

/** What is used of the stream of a body: every runtime has a type of streams of its own. */
export interface ObjectBody {
  getReader(): {
    read(): Promise<{ done: true; value?: unknown } | { done: false; value: Uint8Array }>;
    cancel(): Promise<void>;
  };
  cancel(): Promise<void>;
}

/** An object, or a part of it (`size` is that of the part), whose body the caller must read or discard. */
export interface OpenedObject extends ObjectHead {
  /** Null where it is empty. */
  body: ObjectBody | null;
}

/** An object in a listing. */
export interface ListedObject {
  key: string;
  size: number;
  etag: string;
  modifiedAt: number;
}

/** A page of a listing. */
export interface ObjectPage {
  objects: ListedObject[];
  /** What lies below the prefix up to the next delimiter, with it. */
  prefixes: string[];
  /** Where the next page begins; null on the last one. */
  next: string | null;
}

/** On what a write depends: that there is no object, or still the one with this entity tag. */
export type WriteCondition = 'absent' | { etag: string };

/** Content too large to be held in memory by who writes it. */
export interface StreamedContent {
  size: number;
  /** In hex. Content that is another, or of another size, is not stored: the write rejects with the code `BadDigest`. */
  sha256: string;
  /** Begins to read it: once for each try. */
  open(): Promise<ObjectBody>;
}

/** `conflict`: the condition of the write did not hold, and nothing was written. */
export type PutOutcome = { ok: true; etag: string } | { ok: false; reason: 'conflict' };

/** A bucket. Rejections are `StorageError`s. */
export interface Bucket {
  /** Null where there is no such object. `range`: at most `length` bytes, and at least one, from `from` on; none past the end. */
  get(key: string, range?: { from: number; length: number }): Promise<OpenedObject | null>;
  head(key: string): Promise<ObjectHead | null>;
  /** Durable once it resolves. */
  put(
    key: string,
    content: Uint8Array | string | StreamedContent,
    options?: { only?: WriteCondition; meta?: Record<string, string> },
  ): Promise<PutOutcome>;
  /** Copies with metadata, if it is still the object with this entity tag; false where it is not. */
  copy(from: string, to: string, etag: string): Promise<boolean>;
  /** Those that are not there are no error. */
  remove(keys: readonly string[]): Promise<void>;
  /** One page, in the order of the keys' bytes. `startAfter`: a key, behind which the first page begins. */
  list(query: {
    prefix: string;
    delimiter?: '/';
    startAfter?: string;
    after?: string | null;
    most?: number;
  }): Promise<ObjectPage>;
}

/** The hash of the content stands in this piece of metadata, so that a write whose answer was lost is known again. */
export const SUM = 'sha256';

/** Objects of one folder that are listed; most of so many are old events. */
export const MAX_LISTED = 100_000;

/** All objects below a prefix; null where there are more than `most`. */
export async function listAll(bucket: Bucket, prefix: string, most: number): Promise<ListedObject[] | null> {
  const objects: ListedObject[] = [];
  for (let after: string | null = null; ; ) {
    const page: ObjectPage = await bucket.list({ prefix, after });
    objects.push(...page.objects);
    if (objects.length > most) return null;
    if (page.next === null) return objects;
    after = page.next;
  }
}
