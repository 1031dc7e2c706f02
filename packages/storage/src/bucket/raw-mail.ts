/** Raw messages as objects `{root}raw-mail/{its last two characters}/{key}.eml`. A write that dies leaves nothing: S3 has an object whole or not at all. */
import type { RawMailStore, RawMailSweep } from '@tinyfat/core';
import { discard, inPieces, readSized } from './body.ts';
import type { Bucket, ListedObject, ObjectPage } from './bucket.ts';
import { rawMailObject, rawMailPrefix } from './keys.ts';

/** Larger messages are neither accepted nor composed. */
const MAX_MAIL_BYTES = 48 * 1024 * 1024;
/** Messages that the database is asked about at once. */
const BATCH = 100;
const NAME = /^[a-z0-9-]{2}\/([a-z0-9-]{4,80})\.eml$/;

interface Found extends ListedObject {
  mail: string;
}

/** The `RawMailStore` port over a bucket. Keys are [a-z0-9-]; anything else throws. */
export function bucketRawMail({ bucket, root }: { bucket: Bucket; root: string }): RawMailStore {
  const open = async (key: string) => {
    const opened = await bucket.get(rawMailObject(root, key));
    if (opened === null)
      throw Object.assign(new Error(`there is no message ${key} in the storage`), { code: 'ENOENT' });
    return opened;
  };
  return {
    async put(key, raw) {
      await bucket.put(rawMailObject(root, key), raw);
    },
    async get(key) {
      const { body, size } = await open(key);
      if (size <= MAX_MAIL_BYTES) return await readSized(body, size);
      await discard(body);
      throw new Error(`the message ${key} in the storage is larger than any: it has ${size} bytes`);
    },
    async stream(key) {
      const { body, size } = await open(key);
      return { size, stream: inPieces(body, size) };
    },
    async remove(key) {
      await bucket.remove([rawMailObject(root, key)]);
    },
    sweep: (rule, signal) => sweep(bucket, root, rule, signal),
  };
}

/** One walk over all messages; what no row names is removed at its end, when it is known how much that is. */
async function sweep(
  bucket: Bucket,
  root: string,
  rule: RawMailSweep,
  signal: AbortSignal,
): Promise<{ seen: number; unnamed: number }> {
  const prefix = rawMailPrefix(root);
  let seen = 0;
  let unnamed = 0;
  /** Those of them that may be removed: no more are ever held. */
  const leftOver: Found[] = [];
  for (let after: string | null = null; ; ) {
    const page: ObjectPage = await bucket.list({ prefix, after, most: BATCH });
    if (signal.aborted) return { seen, unnamed };
    const messages = page.objects.flatMap((object) => {
      const mail = NAME.exec(object.key.slice(prefix.length))?.[1];
      return mail === undefined || object.key !== rawMailObject(root, mail) ? [] : [{ ...object, mail }];
    });
    seen += messages.length;
    const old = messages.filter(({ modifiedAt }) => modifiedAt < rule.unnamedBefore);
    const named = old.length === 0 ? new Set() : await rule.named(old.map(({ mail }) => mail));
    const found = old.filter(({ mail }) => !named.has(mail));
    unnamed += found.length;
    if (unnamed <= rule.mostUnnamed) leftOver.push(...found);
    after = page.next;
    if (after === null) break;
  }
  if (unnamed > rule.mostUnnamed) return { seen, unnamed };
  for (const found of leftOver) {
    if (signal.aborted) break;
    await removeOne(bucket, found, rule);
  }
  return { seen, unnamed };
}

/** Asks once more, right before: in the meantime a row may have come, or the message been put anew. */
async function removeOne(bucket: Bucket, { key, mail, size }: Found, rule: RawMailSweep): Promise<void> {
  if ((await rule.named([mail])).has(mail)) return;
  const head = await bucket.head(key);
  if (head === null || head.modifiedAt >= rule.unnamedBefore) return;
  await bucket.remove([key]);
  rule.onRemoved({ key: mail, kind: 'unnamed', bytes: size });
}
