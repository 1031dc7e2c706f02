/** How much of a report is looked at; a bounce of one delivery needs a small part of it. */
export const reportLimits = {
  recipients: 100,
  messageIds: 20,
  /** Parts of the top level. */
  parts: 50,
  /** Parts that hold a delivery status. */
  statusParts: 10,
  /** Decoded bytes of one part. */
  partBytes: 256 * 1024,
  /** Bytes of the header section of the message or of one part. */
  headerBytes: 256 * 1024,
  /** Characters of one field that is searched for addresses or ids. */
  fieldLength: 32 * 1024,
  /** Characters of a diagnostic that are kept. */
  diagnosticLength: 300,
};
