export * from './names.ts';
export * from './run-events.ts';
export { type Bucket, openBucket } from './s3/bucket.ts';
export { type MintCredentials, r2Credentials } from './s3/credentials.ts';
export { StorageError } from './s3/errors.ts';
export { s3Folders } from './s3/folders.ts';
export { s3RawMail } from './s3/raw-mail.ts';
export type { S3Account, S3Credentials, S3Runtime } from './s3/requests.ts';
