/** openapi.yaml (OpenAPI 3.1.1) from the declarations of the routes. */
import { describeError } from '@tinyfat/core';
import * as v from 'valibot';
import { stringify } from 'yaml';
import { statusOf } from './answer.ts';
import type { Content } from './body.ts';
import { named } from './fields.ts';
import { componentsOf, type JsonSchema, jsonSchemaOf } from './json-schema.ts';
import { errorsOf, type Fields, type RouteFacts } from './route.ts';
import { ROUTES, SCHEMAS } from './routes/index.ts';

const HEAD = `# Made from the declarations in apps/platform/src/api/routes by: npm run openapi
# A test fails where it differs from them.
`;

/** Problem details (RFC 9457) as the API writes them. */
export const problemSchema = named(
  'Problem',
  v.strictObject({
    type: v.string(),
    title: v.string(),
    status: v.number(),
    code: v.string(),
    detail: v.string(),
    next_step: v.string(),
  }),
);

const DEFINITIONS = { ...SCHEMAS, Problem: problemSchema };

/** The document as an object. */
export function openApiDocument(): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of ROUTES) {
    const item = paths[route.path] ?? {};
    item[route.method.toLowerCase()] = operation(name, route);
    paths[route.path] = item;
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'tinyfat',
      version: '1',
      summary:
        'Agents with an e-mail address each: who may write to them, what came, what they did, what went out.',
      description:
        'Lists are newest first; `next_cursor` goes into `cursor` for the next page. Times are ISO 8601 in UTC, money is US dollars. What belongs to somebody else is answered as if it did not exist. Errors are problem details (RFC 9457) with a `code`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/api/v1' }],
    security: [{ token: [] }, { session: [] }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: '`tinyfat token create --owner ADDR`' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: '__Host-tinyfat_session',
          description:
            'A person who is signed in on the pages; without the prefix where PUBLIC_URL is plain http. What changes something needs the Origin of PUBLIC_URL.',
        },
      },
      responses: {
        Refused: {
          description: 'It was not done.',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
      schemas: componentsOf(DEFINITIONS),
    },
  };
}

/** The text of openapi.yaml. */
export function openApiYaml(): string {
  return HEAD + stringify(openApiDocument(), { lineWidth: 100, aliasDuplicateObjects: false });
}

function operation(name: string, route: RouteFacts): Record<string, unknown> {
  const scope = route.scope === null ? null : `Scope \`${route.scope}\`.`;
  const description = [route.description, scope].filter((part) => part != null).join(' ');
  const parameters = [...fieldsOf(route.params, 'path'), ...fieldsOf(route.query, 'query')];
  const content = mediaTypes(route.answer.content);
  const body = mediaTypes(route.body.content);
  return {
    operationId: name,
    summary: route.summary,
    ...(description === '' ? {} : { description }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: { required: route.body.optional !== true, content: body } } : {}),
    responses: {
      [route.answer.status]: { description: 'Done.', ...(content ? { content } : {}) },
      ...refusals(route),
    },
  };
}

/** OpenAPI Media Type Objects; null where there is no body. */
function mediaTypes(content: Content): Record<string, { schema: JsonSchema }> | null {
  const types = Object.entries(content).map(([type, schema]): [string, { schema: JsonSchema }] => {
    const isText = type.startsWith('text/') || type.startsWith('message/');
    const plain: JsonSchema = isText ? { type: 'string' } : {};
    return [type, { schema: schema ? jsonSchemaOf(schema, DEFINITIONS) : plain }];
  });
  return types.length === 0 ? null : Object.fromEntries(types);
}

function fieldsOf(fields: Fields, place: 'path' | 'query'): Record<string, unknown>[] {
  const { properties = {}, required = [] } = jsonSchemaOf(fields, DEFINITIONS);
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema,
  }));
}

/** Several codes can share a status. */
function refusals(route: RouteFacts): Record<string, unknown> {
  const byStatus = new Map<number, string[]>();
  for (const code of errorsOf(route)) {
    const status = statusOf(code);
    byStatus.set(status, [...(byStatus.get(status) ?? []), `\`${code}\`: ${describeError(code).sentence}`]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, lines]) => [
      status,
      { $ref: '#/components/responses/Refused', description: lines.join(' ') },
    ]),
  );
}
