/**
 * A route is declared once, in `routes/`; validation, routing and openapi.yaml follow from the declaration. Handlers are in
 * `resources/`.
 */
import * as v from 'valibot';
import type { AnswerKind, ApiCode } from './answer.ts';
import { type BodyKind, noBody } from './body.ts';
import type { Scope } from './principal.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Named text values of a path or a query; unknown names are refused. */
export type Fields = v.StrictObjectSchema<v.ObjectEntries, undefined>;

/** A route without the types of its input and output. */
export interface RouteFacts {
  method: Method;
  /** Below `/api/v1`, parameters in braces; `{path}` and `{file}` at the end may have slashes in them. */
  path: `/${string}`;
  /** A few words. */
  summary: string;
  description?: string;
  /** The scope that it needs; null = none. */
  scope: Scope | null;
  params: Fields;
  query: Fields;
  body: Pick<BodyKind<unknown>, 'maxBytes' | 'content' | 'optional'>;
  answer: Pick<AnswerKind<never>, 'status' | 'content'>;
  /** Codes beside those that follow from the rest (`errorsOf`). */
  errors: readonly ApiCode[];
}

export interface Route<P extends Fields, Q extends Fields, B, A> extends RouteFacts {
  params: P;
  query: Q;
  body: BodyKind<B>;
  answer: AnswerKind<A>;
}

const none = v.strictObject({});

interface Declared<P, Q, B, A> {
  /** Whole sentences on what is not obvious. */
  description?: string;
  scope: Scope | null;
  params?: P;
  query?: Q;
  body?: BodyKind<B>;
  answer: AnswerKind<A>;
  errors?: readonly ApiCode[];
}

/** Declares a route; without parameters, query and body unless it names some. */
export function route<A, P extends Fields = typeof none, Q extends Fields = typeof none, B = null>(
  method: Method,
  path: `/${string}`,
  summary: string,
  declared: Declared<P, Q, B, A>,
): Route<P, Q, B, A> {
  const usual = { params: none, query: none, body: noBody, errors: [] };
  // What is not declared has the type of its default, which the general type can't express.
  return { method, path, summary, ...usual, ...declared } as unknown as Route<P, Q, B, A>;
}

/** Parameters as a path or a query has them; what is undefined is left out. */
export function fieldTexts(values: object): [string, string][] {
  return Object.entries(values).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
}

/** Every code that a route can answer with. */
export function errorsOf(route: RouteFacts): ApiCode[] {
  const codes = new Set<ApiCode>([
    'not_signed_in',
    'token_invalid',
    'foreign_origin',
    'too_many_requests',
    'server_fault',
    'server_busy',
  ]);
  const names = Object.keys(route.params.entries);
  const takesInput = names.length + Object.keys(route.query.entries).length + route.body.maxBytes > 0;
  if (route.scope !== null) codes.add('scope_missing');
  if (takesInput) codes.add('invalid_request');
  if (names.length > 0 || 'agent' in route.query.entries) codes.add('not_found');
  if (names.includes('id')) codes.add('id_ambiguous');
  if (route.body.maxBytes > 0)
    codes.add('request_incomplete').add('body_too_large').add('unsupported_media_type');
  for (const code of route.errors) codes.add(code);
  return [...codes];
}
