/** JSON Schema (draft 2020-12, as OpenAPI 3.1 has it) of valibot schemas. Only openapi.yaml needs it. */
import { type ConversionConfig, toJsonSchema, toJsonSchemaDefs } from '@valibot/to-json-schema';
import * as v from 'valibot';

export type JsonSchema = ReturnType<typeof toJsonSchema>;
type Definitions = Readonly<Record<string, v.GenericSchema>>;

/** A description by hand, for a schema that JSON Schema can't express. */
const ownDescription = v.object({ jsonSchema: v.record(v.string(), v.unknown()) });

const CONFIG: ConversionConfig = {
  target: 'draft-2020-12',
  // What a client sends or gets, before any transformation.
  typeMode: 'input',
  errorMode: 'throw',
  overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
  overrideAction({ valibotAction, jsonSchema }) {
    if ('requirement' in valibotAction && valibotAction.requirement instanceof RegExp) {
      // JSON Schema reads all patterns as with the flag u.
      return { ...jsonSchema, pattern: valibotAction.requirement.source };
    }
    const own = v.safeParse(ownDescription, 'metadata' in valibotAction ? valibotAction.metadata : null);
    return own.success ? own.output.jsonSchema : null;
  },
};

/** The description of one schema; those of `definitions` are referred to by their names. */
export function jsonSchemaOf(schema: v.GenericSchema, definitions: Definitions): JsonSchema {
  const { $schema: _, $defs: __, ...rest } = toJsonSchema(schema, { ...CONFIG, definitions });
  return rest;
}

/** The descriptions of all of `definitions`. */
export function componentsOf(definitions: Definitions): Record<string, JsonSchema> {
  return toJsonSchemaDefs(definitions, CONFIG);
}
