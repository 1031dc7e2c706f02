/** What an approval is bound to. */
import { sha256Hex, sha256HexOfText } from '../bytes/sha256.ts';

/** An outgoing mail as it will leave: its envelope and its exact bytes, in which its files are. */
export interface DigestedMail {
  deliveryId: string;
  envelopeSender: string;
  /** Of the envelope, in order. */
  recipients: readonly string[];
  raw: Uint8Array;
}

/** SHA-256 (lower-case hex) over delivery, envelope and bytes: another one as soon as anything of it is another. */
export async function approvalDigest({
  deliveryId,
  envelopeSender,
  recipients,
  raw,
}: DigestedMail): Promise<string> {
  const bytes = await sha256Hex(raw);
  return await sha256HexOfText(
    JSON.stringify(['tinyfat approval', deliveryId, envelopeSender, recipients, bytes]),
  );
}
