/** The name of an installation, with which the names of everything of it at Cloudflare begin. */
import { UsageError } from '../command.ts';

/** Workers, queues and buckets take 63 characters, of which ours add up to ten. */
const NAME = /^[a-z](?:[a-z0-9-]{0,39}[a-z0-9])?$/;

/** It, checked: it becomes part of paths. Throws a UsageError. */
export function installationName(text: string): string {
  if (NAME.test(text)) return text;
  throw new UsageError(
    '--name must be small letters, digits and hyphens, 41 at most, begin with a letter and not end with a hyphen',
  );
}
