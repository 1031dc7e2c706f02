import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { openApiDocument, openApiYaml } from './openapi.ts';
import { ENDPOINTS } from './resources/index.ts';
import { ROUTES } from './routes/index.ts';

const file = new URL('../../../../openapi.yaml', import.meta.url);

describe('openapi.yaml', () => {
  it('says what the routes declare; else run: npm run openapi', () => {
    expect(readFileSync(file, 'utf8')).toBe(openApiYaml());
  });

  it('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(openApiDocument())));
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
  });

  it('describes every route that answers, once', () => {
    const names = (routes: Iterable<{ method: string; path: string }>) =>
      [...routes].map(({ method, path }) => `${method} ${path}`).sort();
    expect(names(ENDPOINTS.map(({ route }) => route))).toEqual(names(ROUTES.values()));
    expect(new Set(names(ROUTES.values())).size).toBe(ROUTES.size);
  });

  it('refers to nothing that is not there', () => {
    const text = JSON.stringify(openApiDocument());
    const document: unknown = JSON.parse(text);
    const missing = [...text.matchAll(/"#\/([^"]+)"/g)].filter(([, path = '']) => {
      let place: unknown = document;
      for (const part of path.split('/')) place = (place as Record<string, unknown> | undefined)?.[part];
      return place === undefined;
    });
    expect(missing).toEqual([]);
  });

  it('says of every route that changes something which scope it wants', () => {
    for (const [name, { method, scope }] of ROUTES) {
      if (method !== 'GET') expect([name, scope]).not.toEqual([name, 'read']);
      if (name !== 'getMe') expect([name, scope]).not.toEqual([name, null]);
    }
  });
});
