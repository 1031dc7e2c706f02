/** Search over mails, answers and runs, for both engines. */
export * from './backfills.ts';
export {
  deleteDocuments,
  forgetDocumentTexts,
  forgetOldRunTexts,
  indexDocument,
  MOST_SEARCHED_CHARACTERS,
  type SearchDocument,
  setDocumentText,
} from './documents.ts';
export * from './find.ts';
export * from './parse-query.ts';
export * from './snippet.ts';
