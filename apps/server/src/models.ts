/** The models that pi knows, as the build wrote them down. */
import { readFileSync } from 'node:fs';
import { type NamedModel, parseModels } from '@tinyfat/settings';

/** Reads `models.json` of the bundle; throws when the bundle was not built. */
export function readModels(path: string): NamedModel[] {
  return parseModels(JSON.parse(readFileSync(path, 'utf8')));
}
