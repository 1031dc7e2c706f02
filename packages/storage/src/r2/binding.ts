/**
 * What of a Worker's R2 binding is used (developers.cloudflare.com/r2/api/workers/workers-api-reference), as types of its
 * own. `Stream` is the runtime's own kind of stream, of which `put` needs to know the length.
 */
import type { ObjectBody } from '../bucket/bucket.ts';

/** What is used of the streams of Workers: of bytes, that are read into memory of the reader's own. */
export interface R2Stream extends ObjectBody {
  getReader(): ReturnType<ObjectBody['getReader']>;
  getReader(options: { mode: 'byob' }): {
    /** Fills the memory with `min` bytes at least, but for the last ones, which may come together with the end. */
    read(into: Uint8Array<ArrayBuffer>, options: { min: number }): Promise<{ value?: Uint8Array }>;
    cancel(): Promise<void>;
  };
}

/** What R2 says of an object. */
export interface R2Head {
  readonly key: string;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly uploaded: Date;
  readonly customMetadata?: Record<string, string>;
}

/** An object with its content. */
export interface R2Body<Stream> extends R2Head {
  readonly body: Stream;
}

/** A page of a listing. */
export interface R2Page {
  objects: readonly R2Head[];
  delimitedPrefixes: readonly string[];
  truncated: boolean;
  cursor?: string;
}

/** A bucket as a Worker is bound to it; `R2Bucket` of `@cloudflare/workers-types` is one. */
export interface R2Binding<Stream extends R2Stream> {
  head(key: string): Promise<R2Head | null>;
  /** Without a body where the condition does not hold. */
  get(
    key: string,
    options?: { range?: { offset: number; length: number }; onlyIf?: { etagMatches: string } },
  ): Promise<R2Head | R2Body<Stream> | null>;
  /** Null where the condition does not hold. */
  put(
    key: string,
    value: Uint8Array | NoInfer<Stream>,
    options: {
      customMetadata: Record<string, string>;
      onlyIf?: { etagMatches: string } | { etagDoesNotMatch: string };
      /** In hex; R2 refuses content that is another. */
      sha256?: string;
    },
  ): Promise<R2Head | null>;
  /** At most 1,000 keys. */
  delete(keys: string[]): Promise<void>;
  list(options: {
    prefix: string;
    delimiter?: string;
    startAfter?: string;
    cursor?: string;
    limit: number;
  }): Promise<R2Page>;
}
